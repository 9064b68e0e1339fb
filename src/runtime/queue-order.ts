/** What a request without a priority counts as: there is room before it and behind it. */
export const usualPriority = 100;

/** Puts an item behind those as urgent as itself and before those that are less so. 1 is the most urgent. */
export function enqueue<T extends { readonly priority: number }>(queue: T[], item: T): void {
  let place = queue.length;
  while (place > 0 && queue[place - 1]!.priority > item.priority) place -= 1;
  queue.splice(place, 0, item);
}
