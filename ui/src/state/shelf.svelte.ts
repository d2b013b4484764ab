// The library as somebody looks through it: what is looked for, in which order, and what is selected.
import { fold, matching } from "../i18n/fold";
import type { Document, DocumentId, Order } from "../nouns";

/** Whoever has the documents. */
interface Library {
  readonly documents: Document[];
}

export class Shelf {
  /** Words that the names must have. */
  filter = $state("");
  /** The collection that is looked at; null for all documents. */
  collection = $state<number | null>(null);
  order = $state<Order>("added");
  ascending = $state(false);
  /** The document that the keys are at. */
  current = $state<DocumentId | null>(null);
  #chosen = $state.raw<ReadonlySet<DocumentId>>(new Set());
  /** Where a selection of several began. */
  #anchor: DocumentId | null = null;
  readonly #library: Library;
  readonly #members = $derived.by(() => {
    const { collection } = this;
    const { documents } = this.#library;
    if (collection === null) return documents;
    return documents.filter(({ collections }) => collections.includes(collection));
  });
  readonly #sorting = new Sorting();
  readonly #sorted = $derived(this.#sorting.of(this.#members, this.order, this.ascending));
  readonly shown = $derived.by(() => {
    if (this.filter.trim() === "") return this.#sorted;
    const matches = matching(this.filter);
    return this.#sorted.filter((document) => matches(keyOf(document).folded));
  });
  /** Those of the selected that are shown, in their order. */
  readonly selected = $derived(
    this.#chosen.size === 0 ? [] : this.shown.filter(({ id }) => this.#chosen.has(id)),
  );

  constructor(library: Library) {
    this.#library = library;
  }

  isSelected(id: DocumentId): boolean {
    return this.#chosen.has(id);
  }

  /** Looks at a collection, or at all documents. */
  lookAt(collection: number | null): void {
    this.collection = collection;
    this.selectNone();
  }

  /** By another order, or by the same the other way round. Dates and sizes begin with the greatest. */
  sortBy(order: Order): void {
    this.ascending = this.order === order ? !this.ascending : order === "name" || order === "kind";
    this.order = order;
  }

  /** Selects one alone. */
  select(id: DocumentId): void {
    this.#chosen = new Set([id]);
    this.current = this.#anchor = id;
  }

  /** Selects one beside the others, or not any more. */
  toggle(id: DocumentId): void {
    const chosen = new Set(this.#chosen);
    if (!chosen.delete(id)) chosen.add(id);
    this.#chosen = chosen;
    this.current = this.#anchor = id;
  }

  /** Selects all from where the selection began to this one. */
  extendTo(id: DocumentId): void {
    const at = (each: DocumentId | null) => this.shown.findIndex((document) => document.id === each);
    const [from, to] = [at(this.#anchor ?? id), at(id)];
    const [first, last] = [Math.min(Math.max(from, 0), to), Math.max(from, to)];
    this.#chosen = new Set(this.shown.slice(first, last + 1).map((document) => document.id));
    this.#anchor ??= id;
    this.current = id;
  }

  selectAll(): void {
    this.#chosen = new Set(this.shown.map(({ id }) => id));
  }

  selectNone(): void {
    this.#chosen = new Set();
    this.#anchor = null;
  }

  /** Goes on by so many lines, and answers where that is; null where nothing is shown. */
  step(lines: number, extends_: boolean): number | null {
    const last = this.shown.length - 1;
    const here = this.shown.findIndex(({ id }) => id === this.current);
    const next = Math.min(last, Math.max(0, here + lines));
    const document = this.shown[next];
    if (!document) return null;
    if (extends_) this.extendTo(document.id);
    else this.select(document.id);
    return next;
  }
}

/** How a name is looked for and put in order; made once for each document, because a library has thousands. */
interface Key {
  folded: string;
  sorted: string;
}
const keys = new WeakMap<Document, Key>();

function keyOf(document: Document): Key {
  let key = keys.get(document);
  if (!key) {
    const folded = fold(document.name);
    // Page 10 comes after page 9.
    key = { folded, sorted: folded.replace(/\d+/g, (digits) => digits.padStart(12, "0")) };
    keys.set(document, key);
  }
  return key;
}

/** Documents in order, as they were last asked for: a few that come or change are put among the others without sorting all. */
class Sorting {
  #documents: readonly Document[] = [];
  #order: Order | null = null;
  #ascending = false;
  #lines: Line[] = [];

  /** By what is wanted, among equals by name, and among equal names in whatever order that is always the same. */
  of(documents: Document[], order: Order, ascending: boolean): Document[] {
    const line = (document: Document): Line => {
      const name = keyOf(document).sorted;
      return { document, name, value: valueOf(document, order, name) };
    };
    const sign = ascending ? 1 : -1;
    const compare = (one: Line, other: Line) =>
      sign * compared(one.value, other.value) ||
      compared(one.name, other.name) ||
      compared(one.document.id, other.document.id);
    const isAlike = order === this.#order && ascending === this.#ascending;
    const news = isAlike ? differing(this.#documents, documents) : null;
    if (news) {
      const { gone } = news;
      const lines =
        gone.size === 0 ? [...this.#lines] : this.#lines.filter((known) => !gone.has(known.document));
      for (const document of news.come) insert(lines, line(document), compare);
      this.#lines = lines;
    } else {
      this.#lines = documents.map(line).sort(compare);
    }
    this.#documents = documents;
    this.#order = order;
    this.#ascending = ascending;
    return this.#lines.map(({ document }) => document);
  }
}

/** A document with what it is compared by, which is looked up once: there are many comparisons. */
interface Line {
  document: Document;
  name: string;
  value: string | number;
}

/** So many are put among the others one by one. */
const FEW = 100;

/** What came in the place of others, and after all of them; null where that is more than a few, or something was taken out. */
function differing(
  before: readonly Document[],
  now: Document[],
): { gone: ReadonlySet<Document>; come: Document[] } | null {
  if (now.length < before.length || now.length - before.length > FEW) return null;
  const gone = new Set<Document>();
  const come: Document[] = [];
  for (const [at, document] of now.entries()) {
    const known = before[at];
    if (known === document) continue;
    if (known) gone.add(known);
    come.push(document);
    if (come.length > FEW) return null;
  }
  return { gone, come };
}

function insert(lines: Line[], line: Line, compare: (one: Line, other: Line) => number): void {
  let [from, to] = [0, lines.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const beyond = lines[middle];
    if (beyond && compare(line, beyond) < 0) to = middle;
    else from = middle + 1;
  }
  lines.splice(from, 0, line);
}

function valueOf(document: Document, order: Order, name: string): string | number {
  switch (order) {
    case "name":
      return name;
    case "kind":
      return document.format;
    case "size":
      return document.bytes;
    case "added":
      return document.added;
  }
}

function compared(one: string | number, other: string | number): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
