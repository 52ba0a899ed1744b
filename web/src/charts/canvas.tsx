// A canvas that is as wide as its place, sharp on every screen, and drawn again when either changes.
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { dark, unit } from "./theme";

/** Draws in units of a 1280-pixel screen; on a larger one they are larger. */
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
  onPress?: (x: number, y: number, width: number) => void;
  onRelease?: (x: number, y: number, width: number) => void;
  onDouble?: () => void;
  class?: string;
}

export function Canvas({ draw, height, label, onMove, onLeave, onPick, onKey, onPress, onRelease, onDouble, class: name }: Props): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const isDark = dark.value;
  const scale = unit.value;

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
    element.height = Math.round(height * scale * ratio);
    context.setTransform(ratio * scale, 0, 0, ratio * scale, 0, 0);
    context.clearRect(0, 0, width / scale, height);
    draw(context, width / scale, height);
  }, [draw, width, height, isDark, scale]);

  const at = (event: MouseEvent, then?: (x: number, y: number, width: number) => void): void => {
    const box = canvas.current?.getBoundingClientRect();
    if (box && then) then((event.clientX - box.left) / scale, (event.clientY - box.top) / scale, box.width / scale);
  };
  return (
    <canvas
      ref={canvas}
      class={name}
      role="img"
      aria-label={label}
      tabIndex={onKey ? 0 : undefined}
      style={{ width: "100%", height: `${height * scale}px` }}
      onPointerMove={(event) => at(event, onMove)}
      onPointerLeave={() => onLeave?.()}
      onPointerDown={(event) => {
        if (event.button !== 0 || !onPress) return;
        canvas.current?.setPointerCapture(event.pointerId);
        at(event, onPress);
      }}
      onPointerUp={(event) => at(event, onRelease)}
      onDblClick={() => onDouble?.()}
      onClick={(event) => at(event, onPick)}
      onKeyDown={onKey}
    />
  );
}
