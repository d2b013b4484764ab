import { describe, expect, test } from "vitest";

import { aSummary } from "../test/scripted";
import { en } from "./en";
import { fr } from "./fr";
import { age, shortTime } from "./when";

/** Every sentence of a dictionary, the functions filled with something. */
function sentences(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function") {
    const samples: Record<string, unknown[][]> = {
      ".library.incomplete": [[[2]], [[2, 3]]],
      ".images.here": [[[2]], [[2, 3]]],
      ".images.of": [
        ["x", [2]],
        ["x", [2, 3]],
      ],
      ".ocr.offer": [[[2]], [[2, 3]]],
      ".languageName": [["en"], ["fr"]],
      ".listing.count": [
        ["items", 1, 2],
        ["mentions", 2, 2],
        ["sentences", 0, 0],
        ["sections", 1, 1],
        ["pages", 2, 2],
      ],
      ".listing.coverage": (["byWords", "byModelAmongFound", "byModel"] as const).map((decided) => [
        { pages: 8, unread: [], passages: 9, toJudge: 4, judged: 2, decided },
      ]),
      ".listing.pagesOf": [["x", [2]]],
      ".answer.whole": [[null], [{ passages: 9, ofPassages: 9, pages: 1 }]],
      ".answer.parts": [
        [null],
        [{ passages: 2, ofPassages: 9, pages: 8 }],
        [{ passages: 1, ofPassages: 9, pages: 0 }],
      ],
      ".summary.foreign": [
        ["x", ["en"]],
        ["x", ["en", "fr"]],
      ],
      ".summary.onlyKnows": [
        ["x", ["en"]],
        ["x", ["en", "fr"]],
      ],
      ".summary.unread": [
        [[2], "x"],
        [[2, 3], "x"],
      ],
      ".summary.unknown": [[["x"]]],
      ".summary.left": [[null], [1000]],
      ".summary.read": [
        [aSummary()],
        [aSummary({ documents: [...aSummary().documents, ...aSummary().documents] })],
      ],
      ".summary.shown": [[aSummary()]],
    };
    const filled = samples[path] ?? [
      [1, 1, "x"],
      [2, 2, "x"],
    ];
    return filled.flatMap((args) =>
      sentences(String((value as (...args: unknown[]) => unknown)(...args)), path),
    );
  }
  return Object.entries(value as object).flatMap(([key, inner]) => sentences(inner, `${path}.${key}`));
}

describe("the dictionaries", () => {
  test("French has a narrow no-break space before its high marks and within its quotation marks", () => {
    const wrong = sentences(fr).filter(([, text]) => /[^\u202f][:;?!»]|«[^\u202f]/.test(text));
    expect(wrong).toEqual([]);
    expect(
      sentences(fr).some(([, text]) => text.includes("\u202f?")),
      "and there is something to look at",
    ).toBe(true);
  });

  test("no sentence is empty, or left in the other language", () => {
    const english = sentences(en);
    const same = sentences(fr)
      .filter(([, text], index) => text === "" || text === english[index]?.[1])
      .map(([path]) => path.split(".").at(-1));
    // What both languages call by the same word, and what is a number alone.
    const shared =
      "pdf markdown latex mhtml rtf docx doc pptx ppt xlsx xls odt zip image messages conversations documents title pages pageOf page label sources question untitled minutes count document pagesShort inOutline";
    expect([...new Set(same)].filter((key) => !shared.split(" ").includes(key ?? ""))).toEqual([]);
  });

  test("numbers and plurals follow the language", () => {
    expect([en.library.pages(1), en.library.pages(1234)]).toEqual(["1 page", "1,234 pages"]);
    expect([fr.library.pages(1), fr.library.pages(1234)]).toEqual(["1 page", "1\u202f234 pages"]);
    expect(fr.model.loading(42)).toMatch(/^Chargement, 42[\u202f\u00a0]%$/);
    expect(en.answer.total(1240)).toBe("1.2 s in all");
    expect([1, 46, 1499, 48_000, 9_960_000, 3e12].map(en.size)).toEqual([
      "1 byte",
      "46 bytes",
      "1.5 kB",
      "48 kB",
      "10 MB",
      "3,000 GB",
    ]);
    expect([46, 1_500_000].map(fr.size).map((size) => size.replace(/\s/, " "))).toEqual([
      "46 octets",
      "1,5 Mo",
    ]);
    expect(en.images.here([1, 3, 4, 5, 9, 10])).toContain("Pages 1, 3–5, 9, and 10 are images");
    expect([5, 59, 61, 3000, 7300].map(en.intake.left)).toEqual([
      "a few seconds left",
      "less than a minute left",
      "about 1 minute left",
      "about 50 minutes left",
      "about 2 hours left",
    ]);
  });
});

describe("what of the documents was read", () => {
  const given = (passages: number, pages: number) => ({ passages, ofPassages: 63, pages });

  test("is told in numbers, and of an older answer in words", () => {
    expect(en.answer.parts(given(7, 40))).toBe("7 passages of 40 pages read");
    expect(fr.answer.parts(given(7, 40))).toBe("7 passages lus sur 40 pages");
    expect(en.answer.parts(given(1, 0))).toBe("1 passage of 63 read");
    expect(fr.answer.parts(given(1, 0))).toBe("1 passage lu sur 63");
    expect(en.answer.whole(given(63, 12))).toBe("whole text read (12 pages)");
    expect(fr.answer.whole(given(63, 0))).toBe("texte entier lu");
    expect(en.answer.parts(null)).toBe("best passages read");
  });
});

describe("times", () => {
  const now = new Date(2025, 10, 23, 9, 30).getTime();
  const at = (day: number, hour: number) => new Date(2025, 10, day, hour, 5).getTime();

  test("are grouped by calendar day", () => {
    expect([at(23, 0), at(22, 23), at(21, 23)].map((began) => age(began, now))).toEqual([
      "today",
      "yesterday",
      "earlier",
    ]);
  });

  test("are an hour when recent and a day when not", () => {
    expect(shortTime(at(23, 8), now, "fr")).toBe("08:05");
    expect(shortTime(at(3, 8), now, "fr")).toBe("3 nov.");
    expect(shortTime(new Date(2023, 0, 3).getTime(), now, "en")).toBe("Jan 3, 2023");
  });
});
