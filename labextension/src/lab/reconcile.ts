// A list brought up to date without taking out what stays: whoever has the focus keeps it.

/** Make these, in this order, the children of a parent. */
export function reconcile(parent: Element, wanted: readonly Element[]): void {
  const stays = new Set(wanted);
  for (const child of [...parent.children]) {
    if (!stays.has(child)) {
      child.remove();
    }
  }
  wanted.forEach((child, index) => {
    const there = parent.children[index];
    if (there !== child) {
      parent.insertBefore(child, there ?? null);
    }
  });
}

/** Let the arrow keys, Home and End go through the buttons of a list; one of them is in the tab order. */
export function roam(list: HTMLElement, selector: string): void {
  const all = (): HTMLElement[] => [...list.querySelectorAll<HTMLElement>(selector)].filter((one) => one.offsetParent !== null);
  const enter = (one: HTMLElement | undefined): void => {
    for (const other of all()) {
      other.tabIndex = other === one ? 0 : -1;
    }
    one?.focus();
  };
  list.addEventListener("focusin", (event) => {
    const here = (event.target as Element).closest<HTMLElement>(selector);
    if (here) {
      for (const other of all()) {
        other.tabIndex = other === here ? 0 : -1;
      }
    }
  });
  list.addEventListener("keydown", (event) => {
    const here = (event.target as Element).closest<HTMLElement>(selector);
    const ones = all();
    const place = here ? ones.indexOf(here) : -1;
    const to: Record<string, number> = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: ones.length - 1 };
    const next = to[event.key];
    if (next !== undefined && place >= 0) {
      event.preventDefault();
      event.stopPropagation();
      enter(ones[Math.max(0, Math.min(ones.length - 1, next))]);
    }
  });
}

/** See to it that the tab order leads into a list that `roam` goes through. */
export function enterable(list: HTMLElement, selector: string): void {
  const ones = [...list.querySelectorAll<HTMLElement>(selector)];
  if (!ones.some((one) => one.tabIndex === 0)) {
    ones[0]?.setAttribute("tabindex", "0");
  }
}
