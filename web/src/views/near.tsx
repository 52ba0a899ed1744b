// What is far down the page is made when one comes near: a page of many parts opens at once.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

const MARGIN = "600px";

export function Near({ id, children }: { id: string; children: () => ComponentChildren }): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(false);
  useEffect(() => {
    if (near || !place.current) return;
    const observer = new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && setNear(true), { rootMargin: MARGIN });
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [near]);
  return near ? <>{children()}</> : <div ref={place} id={`near-${id}`} class="near" aria-hidden="true" />;
}
