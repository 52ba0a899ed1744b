// Rows of a long list: only those on the screen are in the document.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

const BEYOND = 8;
const SHORT = 50;

interface Props<T> {
  items: readonly T[];
  identify: (item: T) => string;
  render: (item: T) => ComponentChildren;
  /** Number of an item that is to be on the screen. */
  reveal?: number;
  /** Another object each time that somebody asks for it: what comes above by itself scrolls nothing. */
  asked?: unknown;
  /** Where the place that was scrolled to outlives the list. */
  kept?: { top: number };
}

/** Scrolls within the nearest `.table`. */
export function Rows<T>({ items, identify, render, reveal = -1, asked, kept }: Props<T>): JSX.Element {
  const holder = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ first: 0, shown: 40, tall: 40 });
  const known = useRef(asked);
  useLayoutEffect(() => {
    const scroller = holder.current?.closest<HTMLElement>(".table");
    if (scroller && kept) scroller.scrollTop = kept.top;
  }, []);
  useEffect(() => {
    const scroller = holder.current?.closest<HTMLElement>(".table");
    if (!scroller) return;
    const look = (): void => {
      const element = holder.current;
      if (!element) return;
      if (kept) kept.top = scroller.scrollTop;
      const tall = element.querySelector<HTMLElement>(".row")?.offsetHeight || 40;
      const first = Math.max(0, Math.floor((scroller.scrollTop - element.offsetTop) / tall) - BEYOND);
      const shown = Math.ceil(scroller.clientHeight / tall) + 2 * BEYOND;
      setView((old) => (old.first === first && old.shown === shown && old.tall === tall ? old : { first, shown, tall }));
    };
    look();
    scroller.addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    return () => {
      scroller.removeEventListener("scroll", look);
      removeEventListener("resize", look);
    };
  }, [items.length]);
  // Before the marked row is painted: later it would undo what was scrolled in between.
  useLayoutEffect(() => {
    const scroller = holder.current?.closest<HTMLElement>(".table");
    if (!scroller || reveal < 0 || known.current === asked) return;
    known.current = asked;
    const top = holder.current!.offsetTop + reveal * view.tall;
    const head = scroller.querySelector<HTMLElement>(".row.head")?.offsetHeight ?? 0;
    if (top - head < scroller.scrollTop) scroller.scrollTop = top - head;
    else if (top + view.tall > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + view.tall - scroller.clientHeight;
  }, [asked]);
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
