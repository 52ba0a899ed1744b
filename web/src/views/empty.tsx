// What a page says when there is nothing to show yet: what to do.
import type { ComponentChildren, JSX } from "preact";

export function Empty({ title, children }: { title: string; children?: ComponentChildren }): JSX.Element {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function Section({ id, title, about, tools, children }: {
  id: string; title: string; about?: string; tools?: ComponentChildren; children: ComponentChildren;
}): JSX.Element {
  return (
    <section id={id} aria-labelledby={`${id}-title`} class={`part part-${id}`}>
      <div class="part-head">
        <h2 id={`${id}-title`}>{title}{about && <small> {about}</small>}</h2>
        {tools}
      </div>
      {children}
    </section>
  );
}
