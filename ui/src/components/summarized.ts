// The sentences of a summary with the numbers of their citations, and what stands over and under them.
import type {
  Citation,
  DocumentId,
  Summary,
  SummarySection,
  SummarySentence,
  SummarySubject,
  SummaryWish,
} from "../nouns";
import type { Dictionary } from "../i18n/en";

/** What people call what is summarized. */
export function subjectName(
  { name, documents }: SummarySubject,
  nameOf: (document: DocumentId) => string,
  words: Dictionary,
): string {
  const [only] = documents;
  if (name !== null) return name;
  return documents.length === 1 && only ? nameOf(only) : words.summary.together(documents.length);
}

/** What was wanted of a summary, in a line. */
export function wishInWords({ length, style, focus, language }: SummaryWish, words: Dictionary): string {
  const { lengths, styles } = words.summary;
  return [
    lengths[length].label,
    styles[style].label,
    language && words.languageName(language),
    focus && words.summary.focused(focus),
  ]
    .filter(Boolean)
    .join(" · ");
}

export function isSameWish(one: SummaryWish, other: SummaryWish): boolean {
  return (
    one.length === other.length &&
    one.style === other.style &&
    one.focus === other.focus &&
    one.language === other.language
  );
}

/** The citations of a summary, each once, in the order in which they are met. */
export interface Cited {
  all: Citation[];
  /** Which of them a sentence rests on; null where that is none. */
  indexOf: (sentence: SummarySentence) => number | null;
}

export function cited(sections: SummarySection[]): Cited {
  const all: Citation[] = [];
  const places = new Map<string, number>();
  const found = new Map<SummarySentence, number>();
  for (const sentence of sections.flatMap(({ sentences }) => sentences)) {
    const { citation } = sentence;
    if (!citation) continue;
    const { document, page, anchor, range } = citation;
    const key = `${document} ${page} ${anchor} ${range.start}-${range.end}`;
    const index = places.get(key) ?? all.push(citation) - 1;
    places.set(key, index);
    found.set(sentence, index);
  }
  return { all, indexOf: (sentence) => found.get(sentence) ?? null };
}

/** A piece of a sentence, and whether it stands nowhere in what the sentence was made of. */
export interface Piece {
  text: string;
  isUnknown: boolean;
}

/** A sentence parted at its numbers, dates and names that stand nowhere. */
export function pieces({ text, unknown }: SummarySentence): Piece[] {
  const found: Piece[] = [];
  let rest = text;
  while (rest !== "") {
    const first = unknown
      .filter((words) => words !== "")
      .map((words) => ({ words, at: rest.indexOf(words) }))
      .filter(({ at }) => at >= 0)
      .sort((one, other) => one.at - other.at || other.words.length - one.words.length)[0];
    const before = rest.slice(0, first?.at ?? rest.length);
    if (before !== "") found.push({ text: before, isUnknown: false });
    if (!first) break;
    found.push({ text: first.words, isUnknown: true });
    rest = rest.slice(first.at + first.words.length);
  }
  return found;
}

/** The parts of a summary under the document that they are of; the whole comes first, under none. */
export interface Chapter {
  document: DocumentId | null;
  sections: SummarySection[];
}

export function chapters(sections: SummarySection[]): Chapter[] {
  const found: Chapter[] = [];
  for (const section of sections) {
    const last = found.at(-1);
    if (last && last.document === section.document) last.sections.push(section);
    else found.push({ document: section.document, sections: [section] });
  }
  return found;
}

/** Whether a document has pages to be told apart. */
export type IsPaged = (document: DocumentId) => boolean;

/** What a part of a document stands under, with its pages; nothing for the whole of it. */
export function under(
  { document, heading, pages }: Pick<SummarySection, "document" | "heading" | "pages">,
  isPaged: IsPaged,
  words: Dictionary,
): string {
  const within = pages && document && isPaged(document) ? words.summary.pages(...pages) : null;
  return heading && within ? `${heading} (${within})` : (heading ?? within ?? "");
}

/** As the documents of a summary are. */
export function pagedIn({ documents }: Summary): IsPaged {
  return (id) => documents.some(({ document, pages }) => document === id && pages > 1);
}

/** What could not be read, of each document in a line. */
export function unreadLines(summary: Summary, words: Dictionary): string[] {
  const several = summary.documents.length > 1;
  return summary.documents.flatMap(({ document, name, trouble }) => {
    if (trouble) return [several ? words.summary.named(name, trouble) : trouble];
    const reasons = new Map<string, number[]>();
    for (const { page, why, document: of } of summary.unread) {
      if (of === document) reasons.set(why, [...(reasons.get(why) ?? []), page]);
    }
    return [...reasons].map(([why, pages]) => {
      const line = words.summary.unread(pages, words.summary.why[why as keyof typeof words.summary.why]);
      return several ? words.summary.named(name, line) : line;
    });
  });
}

/** Whether the parts of a summary are a line on each document. */
export function isDigest(sections: SummarySection[]): boolean {
  const parts = sections.filter(({ document }) => document !== null);
  const of = new Set(parts.map(({ document }) => document));
  return of.size > 1 && of.size === parts.length && parts.every(({ sentences }) => sentences.length <= 1);
}
