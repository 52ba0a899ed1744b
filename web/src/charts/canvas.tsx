// A canvas that is as wide as its place, sharp on every screen, and drawn again when either changes.
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { dark } from "./theme";

export type Draw = (context: CanvasRenderingContext2D, width: number, height: number) => void;

interface Props {
  /** Changes whenever the picture does. */
  draw: Draw;
  height: number;
  label: string;
  onMove?: (x: number, y: number, width: number) => void;
  onLeave?: () => void;
  onPick?: (x: number, y: number, width: number) => void;
  onKey?: (event: KeyboardEvent) => void;
  class?: string;
}

export function Canvas({ draw, height, label, onMove, onLeave, onPick, onKey, class: name }: Props): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const isDark = dark.value;

  useLayoutEffect(() => {
    const parent = canvas.current?.parentElement;
    if (!parent) return;
    const measure = (): void => setWidth(Math.floor(parent.clientWidth));
    const observer = new ResizeObserver(measure);
    observer.observe(parent);
    measure();
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context || !width) return;
    const ratio = devicePixelRatio || 1;
    element.width = Math.round(width * ratio);
    element.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    draw(context, width, height);
  }, [draw, width, height, isDark]);

  const at = (event: MouseEvent, then?: (x: number, y: number, width: number) => void): void => {
    const box = canvas.current?.getBoundingClientRect();
    if (box && then) then(event.clientX - box.left, event.clientY - box.top, box.width);
  };
  return (
    <canvas
      ref={canvas}
      class={name}
      role="img"
      aria-label={label}
      tabIndex={onKey ? 0 : undefined}
      style={{ width: "100%", height: `${height}px` }}
      onPointerMove={(event) => at(event, onMove)}
      onPointerLeave={() => onLeave?.()}
      onClick={(event) => at(event, onPick)}
      onKeyDown={onKey}
    />
  );
}
