// Rows of a long list: only those on the screen are in the document.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

const BEYOND = 12;
const SHORT = 120;

interface Props<T> {
  items: readonly T[];
  identify: (item: T) => string;
  render: (item: T) => ComponentChildren;
}

export function Rows<T>({ items, identify, render }: Props<T>): JSX.Element {
  const holder = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ first: 0, shown: 80, tall: 40 });
  useEffect(() => {
    const look = (): void => {
      const element = holder.current;
      if (!element) return;
      const row = element.querySelector<HTMLElement>(".row");
      const tall = row?.offsetHeight || 40;
      const first = Math.max(0, Math.floor(-element.getBoundingClientRect().top / tall) - BEYOND);
      const shown = Math.ceil(innerHeight / tall) + 2 * BEYOND;
      setView((old) => (old.first === first && old.shown === shown && old.tall === tall ? old : { first, shown, tall }));
    };
    look();
    addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    return () => {
      removeEventListener("scroll", look);
      removeEventListener("resize", look);
    };
  }, [items.length]);
  const whole = items.length <= SHORT;
  const first = whole ? 0 : Math.min(view.first, Math.max(0, items.length - 1));
  const last = whole ? items.length : Math.min(items.length, first + view.shown);
  return (
    <div ref={holder} role="rowgroup">
      <div style={{ height: `${first * view.tall}px` }} />
      {items.slice(first, last).map((item) => <div key={identify(item)} role="presentation">{render(item)}</div>)}
      <div style={{ height: `${(items.length - last) * view.tall}px` }} />
    </div>
  );
}
