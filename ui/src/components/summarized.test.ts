// The sentences of a summary: their sources, what in them stands nowhere, and what stands over and under them.
import { describe, expect, test } from "vitest";

import { en } from "../i18n/en";
import { aCitation, aSection, aSummary } from "../test/scripted";
import { chapters, cited, isDigest, pieces, under, unreadLines } from "./summarized";

const sentence = (text: string, unknown: string[] = []) => ({
  text,
  isQuote: false,
  citation: null,
  unknown,
});

describe("the sentences of a summary", () => {
  test("that rest on the same words have the same number", () => {
    const sections = aSummary().sections;
    const { all, indexOf } = cited(sections);
    expect(all).toEqual([aCitation()]);
    expect(sections.flatMap(({ sentences }) => sentences.map(indexOf))).toEqual([0, null, 0]);
  });

  test("are parted at what stands nowhere, the longer words first", () => {
    expect(pieces(sentence("In June 2031 it cost 5.", ["2031", "June 2031", "", "7"]))).toEqual([
      { text: "In ", isUnknown: false },
      { text: "June 2031", isUnknown: true },
      { text: " it cost 5.", isUnknown: false },
    ]);
    expect(pieces(sentence(""))).toEqual([]);
  });

  test("stand under the document that they are of", () => {
    const of = (document: string | null) => aSection({ document });
    const found = chapters([of(null), of("d1"), of("d1"), of("d2")]);
    expect(found.map(({ document, sections }) => [document, sections.length])).toEqual([
      [null, 1],
      ["d1", 2],
      ["d2", 1],
    ]);
  });

  test("are a digest where each document has one", () => {
    const [one] = aSection().sentences;
    const of = (document: string | null, times = 1) =>
      aSection({ document, sentences: Array(times).fill(one) });
    expect(isDigest([of(null, 3), of("d1"), of("d2")])).toBe(true);
    expect(isDigest([of(null, 3), of("d1"), of("d2", 2)])).toBe(false);
    expect(isDigest([of(null, 3), of("d1"), of("d1"), of("d2")])).toBe(false);
    expect(isDigest([of(null), of("d1")]), "a document alone is none").toBe(false);
  });

  test("tell their pages where there are pages to be told apart", () => {
    const paged = (section: ReturnType<typeof aSection>, isPaged: boolean) =>
      under(section, () => isPaged, en);
    expect(paged(aSection(), true)).toBe("Works (pages 3–4)");
    expect(paged(aSection(), false)).toBe("Works");
    expect(paged(aSection({ heading: null }), true)).toBe("pages 3–4");
    expect(paged(aSection({ document: null, heading: "Decisions", pages: null }), true)).toBe("Decisions");
  });
});

describe("what could not be read", () => {
  test("is told of each document, with the reason that nothing of it is there", () => {
    const summary = aSummary({
      documents: [
        ...aSummary().documents,
        { document: "d2", name: "d2.pdf", pages: 3, read: 0, total: 0, trouble: "It is empty." },
      ],
      unread: [
        { document: "d1", page: 2, why: "onlyImages" },
        { document: "d1", page: 6, why: "damaged" },
        { document: "d1", page: 3, why: "onlyImages" },
      ],
    });
    expect(unreadLines(summary, en)).toEqual([
      "d1.pdf: Pages 2 and 3 were not read, or not completely: images without recognised text.",
      "d1.pdf: Page 6 was not read, or not completely: damaged.",
      "d2.pdf: It is empty.",
    ]);
  });
});
