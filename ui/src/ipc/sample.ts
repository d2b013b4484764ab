// What the fake's library holds: pages in the form in which Rust gives them, and answers to questions on them.
import type {
  Answer,
  Citation,
  Collection,
  Document,
  FoundAll,
  Intake,
  OutlinedSection,
  Summary,
  SummarySection,
  SummarySentence,
  WatchedFolder,
} from "../nouns";

/** Nothing is on its way into the library. */
export const noIntake: Intake = {
  done: 0,
  failed: 0,
  total: 0,
  secondsLeft: null,
  paused: false,
  resumed: false,
  embedded: 0,
  passages: 0,
  embeddingSecondsLeft: null,
};

export const harbour: Document = {
  id: "d1",
  name: "harbour-report-2025.pdf",
  format: "pdf",
  pages: 4,
  language: "en",
  incompletePages: [],
  suggestion: "How much did the dredging of the north basin cost?",
  private: false,
  bytes: 48_000,
  added: Date.UTC(2025, 10, 3),
  imagePages: [],
  collections: [],
  folder: null,
  parent: null,
};

export const cooperative: Document = {
  id: "d2",
  name: "cooperative-bilan-2025.pdf",
  format: "pdf",
  pages: 3,
  language: "fr",
  incompletePages: [],
  suggestion: "Combien a coûté la nouvelle chambre froide ?",
  private: false,
  bytes: 48_000,
  added: Date.UTC(2025, 10, 3),
  imagePages: [],
  collections: [],
  folder: null,
  parent: null,
};

export const minutes: Document = {
  id: "d3",
  name: "minutes of the board, 14 March 2025, signed and annotated copy (scan).pdf",
  format: "pdf",
  pages: 42,
  language: "en",
  incompletePages: [3, 7, 17, 18, 19, 20],
  suggestion: null,
  private: false,
  bytes: 48_000,
  added: Date.UTC(2025, 10, 3),
  imagePages: [3, 7],
  collections: [3],
  folder: "Board minutes",
  parent: null,
};

export const notes: Document = {
  id: "d4",
  name: "notes.md",
  format: "markdown",
  pages: 1,
  language: null,
  incompletePages: [],
  suggestion: null,
  private: false,
  bytes: 48_000,
  added: Date.UTC(2025, 10, 3),
  imagePages: [],
  collections: [],
  folder: null,
  parent: null,
};

export const pages: Record<string, string[]> = {
  d1: [
    "Annual report 2025\nTarrin Harbour Authority\n\nThis report tells the town, the people who use the harbour and those\nwho pay for it what was done, what it cost and what comes next.",
    "Traffic and cargo\n\nThe harbour was busier in 2025 than in any year since counting began in 1987. Vessels\ncalled 4,375 times, which is 7.8 % more than the year before.\n\nVisiting yachts account for nearly half of the increase. They came for the new pontoons, for the\nlonger opening of the fuel berth and, in June, for the regatta of the western islands, which brought\n96 boats to the marina in one weekend.\n\nCargo\n\nShips loaded and unloaded 146,000 tonnes of cargo, against 141,000 tonnes in 2024. Timber\nremains the first cargo of the harbour. Grain fell because of the dry spring: the silo on the east quay\nstood empty for seven weeks.\n\nFerry\n\nThe ferry between Tarrin and the island of Hask carried 86,300 passengers and 19,450 cars. The\nbusiest day was Saturday 9 August 2025, with 1,204 passengers. Eleven crossings were cancelled,\nnine of them because of wind.",
    "Works and equipment\n\nFive projects were finished during the year, for 955,000 euros in all. Each of them stayed\nwithin the budget that the board had voted, except the quay wall.\n\nThe north basin\n\nThe dredging of the north basin cost 412,000 euros and was finished in May 2025. The dredger\nremoved 38,600 cubic metres of silt and restored a depth of 5.2 metres at low water. The silt was\nclean enough to be used on the beach of Carrow Strand, two kilometres to the south.\n\nTimber Quay\n\nDivers found a cavity behind the quay wall in January. The repair of the quay wall cost 41,000 euros\nmore than planned, because forty metres of sheet piling had to be replaced instead of twenty-five.\nShips over 90 metres used the East Quay during the eleven weeks of work.\n\nShore power\n\nSince 17 November 2025 the ferry has been connected to the electricity network while it lies at\nberth. It no longer runs its diesel engine at night, which saves about 58 tonnes of fuel a year.\n\nEquipment\n\n– The mobile crane passed its ten-year inspection on 3 June 2025 and may lift 40 tonnes.\n– The pilot boat received a new engine, with a guarantee of five years.\n– Two defibrillators were installed, one at the fish market and one at the marina office.",
    "Accounts\n\nThe authority closed the year with a surplus of 62,000 euros. The board placed the\nwhole amount in the storm reserve.",
  ],
  d2: [
    "Bilan 2025\net règlement\nLes Paniers d’Aubrelle",
    "L’année en bref\n\nLa coopérative a passé le cap des mille sociétaires le 22 septembre 2025. Elle en\ncomptait 1 046 à la fin de l’année.\n\nLe questionnaire de novembre a reçu 418 réponses. La fraîcheur des légumes est le premier motif de\nsatisfaction, l’attente à la caisse le samedi matin le premier reproche.",
    "Le magasin\n\nLe magasin occupe 410 mètres carrés au 12 rue des Tanneurs, dans l’ancienne halle\naux cuirs.\n\nLa chambre froide\n\nLa nouvelle chambre froide a coûté 48 600 euros et elle fonctionne depuis le 3 mars 2025. Elle\nremplace trois armoires de 2009 et consomme 40 % d’électricité de moins. Sa chaleur est récupérée\npour chauffer l’eau des éviers.",
  ],
  d4: ["Notes\n\nAsk the harbour master about the fees of the visitors’ berths."],
};

const timings = {
  loadMs: 0,
  firstWordMs: 1240,
  totalMs: 4820,
  promptTokens: 612,
  generatedTokens: 58,
  generationTokensPerS: 16.4,
};

/** A citation of words as they stand on a page of the sample. */
export function cited(document: Document, page: number, quote: string, verified = true): Citation {
  const text = pages[document.id]?.[page - 1] ?? "";
  const start = Math.max(0, text.indexOf(quote));
  const range = { start, end: start + quote.length };
  return { document: document.id, name: document.name, page, anchor: null, range, quote, verified };
}

export const dredging: Answer = {
  text: "The dredging of the **north basin** cost 412,000 euros and was finished in May 2025 [1]. The dredger removed 38,600 cubic metres of silt and restored a depth of 5.2 metres at low water [2].\n\nThe silt was clean enough to be used on the beach of Carrow Strand [3].",
  refused: false,
  lead: "model",
  mode: "parts",
  given: { passages: 3, ofPassages: 14, pages: 4 },
  ending: "complete",
  citations: [
    cited(harbour, 3, "The dredging of the north basin cost 412,000 euros and was finished in May 2025."),
    cited(
      harbour,
      3,
      "The dredger\nremoved 38,600 cubic metres of silt and restored a depth of 5.2 metres at low water.",
    ),
    cited(harbour, 3, "The silt was\nclean enough to be used on the beach of Carrow Strand", false),
  ],
  nearest: [],
  timings,
  thinking: null,
};

/** Every amount over a hundred thousand, as words find it. */
export const amounts: FoundAll = {
  items: [
    {
      text: "412,000 euros",
      mentions: [
        cited(harbour, 3, "The dredging of the north basin cost 412,000 euros and was finished in May 2025."),
        cited(harbour, 3, "Dredging\tNorth basin\tMay\t412,000"),
      ],
    },
    {
      text: "955,000 euros",
      mentions: [
        cited(harbour, 3, "Five projects were finished during the year, for 955,000 euros in all."),
        cited(harbour, 4, "Works finished in the year\t955,000"),
      ],
    },
    { text: "1,184,000", mentions: [cited(harbour, 4, "Cargo dues\t1,184,000\t45.2 %")] },
    {
      text: "720,000 euros",
      mentions: [
        cited(
          harbour,
          8,
          "The budget for works in 2026 is 720,000 euros. Most of it goes to the lift bridge.",
        ),
      ],
    },
  ],
  counted: "items",
  count: 4,
  decided: "byWords",
  pages: 8,
  unread: [],
  passages: 42,
  toJudge: 0,
  judged: 0,
  foreign: 0,
  unlisted: 0,
};

function sentence(document: Document, page: number, text: string, quote: string): SummarySentence {
  return { text, isQuote: false, citation: cited(document, page, quote), unknown: [] };
}

const north = "The dredging of the north basin cost 412,000 euros and was finished in May 2025.";
const quay =
  "The repair of the quay wall cost 41,000 euros\nmore than planned, because forty metres of sheet piling had to be replaced instead of twenty-five.";
const vessels = "Vessels\ncalled 4,375 times, which is 7.8 % more than the year before.";
const ferry = "The ferry between Tarrin and the island of Hask carried 86,300 passengers and 19,450 cars.";
const surplus = "The authority closed the year with a surplus of 62,000 euros.";

const ofHarbour = (
  heading: string,
  page: number,
  from: number,
  sentences: SummarySentence[],
): SummarySection => ({
  document: harbour.id,
  heading,
  pages: [page, page],
  from,
  to: from + 1,
  sentences,
});

/** What a model notes on each part of the harbour report. */
export const harbourNotes: SummarySection[] = [
  ofHarbour("Annual report 2025", 1, 0, [
    {
      text: "This report tells the town, the people who use the harbour and those who pay for it what was done, what it cost and what comes next.",
      isQuote: true,
      citation: cited(
        harbour,
        1,
        "This report tells the town, the people who use the harbour and those\nwho pay for it what was done, what it cost and what comes next.",
      ),
      unknown: [],
    },
  ]),
  ofHarbour("Traffic and cargo", 2, 1, [
    sentence(harbour, 2, "Vessels called 4,375 times in 2025, 7.8 % more than the year before.", vessels),
    sentence(harbour, 2, "The ferry to Hask carried 86,300 passengers and 19,450 cars.", ferry),
  ]),
  ofHarbour("Works and equipment", 3, 2, [
    sentence(harbour, 3, "The dredging of the north basin cost 412,000 euros and ended in May 2025.", north),
    sentence(harbour, 3, "The quay wall cost 41,000 euros more than planned.", quay),
  ]),
  ofHarbour("Accounts", 4, 3, [
    sentence(harbour, 4, "The authority closed the year with a surplus of 62,000 euros.", surplus),
    {
      text: "A new lighthouse will be built in 2031.",
      isQuote: false,
      citation: null,
      unknown: ["2031"],
    },
  ]),
];

const outlineOfHarbour = (shown: number[]): OutlinedSection[] =>
  harbourNotes.map(({ heading, pages }, index) => ({
    document: harbour.id,
    heading,
    pages: pages ?? [1, 1],
    isRead: true,
    isShown: shown.includes(index),
  }));

/** The harbour report in short. */
export const harbourSummary: Summary = {
  documents: [
    { document: harbour.id, name: harbour.name, pages: harbour.pages, read: 4, total: 4, trouble: null },
  ],
  language: "en",
  sections: [
    {
      document: null,
      heading: null,
      pages: null,
      from: 0,
      to: 4,
      sentences: [
        sentence(harbour, 2, "The harbour was busier than ever: vessels called 4,375 times.", vessels),
        {
          ...sentence(harbour, 3, "The north basin was dredged for 412,000 euros by June 2025.", north),
          unknown: ["June 2025"],
        },
        sentence(harbour, 3, "The quay wall cost 41,000 euros more than planned.", quay),
        { text: "The town is pleased with the works.", isQuote: false, citation: null, unknown: [] },
      ],
    },
    ...harbourNotes.slice(1),
  ],
  ending: "complete",
  read: 4,
  shown: 3,
  pages: 4,
  unread: [],
  outline: outlineOfHarbour([1, 2, 3]),
  isKept: true,
  written: 5,
  known: 0,
  totalMs: 48_200,
  text: "# Summary of “harbour-report-2025.pdf”\n\nThe harbour was busier than ever: vessels called 4,375 times.[^1]\n",
};

/** Both samples and a scan in short: of the scan only some pages could be read, of the other nothing. */
export const severalSummary: Summary = {
  ...harbourSummary,
  documents: [
    ...harbourSummary.documents,
    {
      document: cooperative.id,
      name: cooperative.name,
      pages: cooperative.pages,
      read: 0,
      total: 0,
      trouble:
        "The model SmolLM2 135M Instruct does not know French, so what it wrote would only look like a summary. Choose a model that does.",
    },
    { document: minutes.id, name: minutes.name, pages: minutes.pages, read: 1, total: 2, trouble: null },
  ],
  sections: [
    ...harbourSummary.sections,
    {
      document: minutes.id,
      heading: "Decisions",
      pages: [4, 6],
      from: 4,
      to: 5,
      sentences: [
        {
          text: "The board voted the budget of the lift bridge.",
          isQuote: false,
          citation: cited(minutes, 5, "The budget of the lift bridge was voted.", false),
          unknown: [],
        },
      ],
    },
  ],
  pages: 49,
  read: 5,
  shown: 4,
  unread: [
    ...[3, 7].map((page) => ({ document: minutes.id, page, why: "onlyImages" as const })),
    ...[17, 18, 19, 20].map((page) => ({ document: minutes.id, page, why: "damaged" as const })),
  ],
  outline: [
    ...harbourSummary.outline,
    { document: minutes.id, heading: "Decisions", pages: [4, 6], isRead: true, isShown: true },
    { document: minutes.id, heading: "Annexes", pages: [8, 42], isRead: false, isShown: false },
  ],
};

export const coldRoom: Answer = {
  text: "Les documents sont en français, que ce modèle ne connaît pas. Voici ce qu’ils disent :\n\n> La nouvelle chambre froide a coûté 48 600 euros et elle fonctionne depuis le 3 mars 2025. [1]\n\n> Elle remplace trois armoires de 2009 et consomme 40 % d’électricité de moins. [2]",
  refused: false,
  lead: "passagesForLanguage",
  mode: "parts",
  given: null,
  ending: "notAsked",
  citations: [
    cited(
      cooperative,
      3,
      "La nouvelle chambre froide a coûté 48 600 euros et elle fonctionne depuis le 3 mars 2025.",
    ),
    cited(cooperative, 3, "Elle\nremplace trois armoires de 2009 et consomme 40 % d’électricité de moins."),
  ],
  nearest: [],
  timings: { ...timings, firstWordMs: null, totalMs: 84, generatedTokens: 0, generationTokensPerS: null },
  thinking: null,
};

export const refusal: Answer = {
  text: "This is not in these documents.",
  refused: true,
  lead: "model",
  mode: "parts",
  given: null,
  ending: "notAsked",
  citations: [],
  nearest: [
    cited(
      harbour,
      2,
      "The ferry between Tarrin and the island of Hask carried 86,300 passengers and 19,450 cars.",
    ),
    cited(harbour, 3, "Ships over 90 metres used the East Quay during the eleven weeks of work."),
  ],
  timings: { ...timings, firstWordMs: null, totalMs: 61, generatedTokens: 0, generationTokensPerS: null },
  thinking: null,
};

/** An answer of a model that reasons. */
export const reasoned: Answer = {
  ...dredging,
  thinking: {
    text: "The question is about the cost of the dredging. The first passage says that it cost 412,000 euros and was finished in May 2025.\n\nThe second passage gives the silt and the depth: 38,600 cubic metres, 5.2 metres at low water. That is worth a sentence.\n\nIs the beach part of the question? Not quite, but it says what became of the silt. I keep it short.",
    ms: 12_400,
  },
};

/** An answer whose document is not in the library any more. */
export const orphaned: Answer = {
  ...dredging,
  citations: dredging.citations.map((citation) => ({ ...citation, document: "d0", name: "report-2024.pdf" })),
};

/** Every form that an answer's Markdown can take. */
export const rich: Answer = {
  ...dredging,
  text: '## What was finished\n\nFive projects were finished, for 955,000 euros in all [1]:\n\n1. New pontoons in the marina, **147,200 euros**\n2. Dredging of the north basin, *May* [2]\n   - 38,600 m³ of silt\n   - depth of 5.2 m\n3. ~~Lights~~ `LED` navigation lights\n\n| Project | Finished | Cost in euros |\n|:--|:-:|--:|\n| New pontoons | March | 147,200 |\n| Dredging [2] | May | 412,000 |\n\n> The board placed the whole amount in the storm reserve.\n\n```csv\nproject,cost [1]\npontoons,147200\n```\n\nSee [the report](https://example.invalid/report?page=3 "Report") and ![a chart](https://example.invalid/chart.png). <b onclick="alert(1)">Raw HTML</b> stays text, and [7] is no citation.\n\n- [x] checked\n- [ ] open',
  mode: "whole",
  given: { passages: 14, ofPassages: 14, pages: 4 },
  ending: "length",
};

export const collections: Collection[] = [
  { id: 1, name: "Accounts" },
  { id: 2, name: "Harbour works" },
  { id: 3, name: "Procès-verbaux" },
];

export const watched: WatchedFolder[] = [
  { number: 0, name: "Board minutes", collection: 3 },
  { number: 1, name: "Scans", collection: null },
];

/** A library of any size, of what an office keeps. */
export function many(count: number): Document[] {
  const subjects = [
    "annual report",
    "procès-verbal",
    "invoice",
    "contract",
    "budget",
    "survey",
    "étude",
    "notes",
  ];
  const places = ["north basin", "Timber Quay", "marina", "fish market", "ferry", "silo"];
  const day = 86_400_000;
  return Array.from({ length: count }, (_, index): Document => {
    const subject = subjects[index % subjects.length];
    const place = places[Math.floor(index / 3) % places.length];
    const format = index % 9 === 4 ? "markdown" : index % 11 === 7 ? "text" : "pdf";
    const pages = format === "pdf" ? 1 + ((index * 7) % 140) : 1;
    return {
      ...harbour,
      id: `m${index}`,
      name: `${subject} ${place} ${2015 + (index % 11)}-${1 + (index % 97)}.${{ pdf: "pdf", markdown: "md", text: "txt" }[format]}`,
      format,
      pages,
      language: index % 8 === 1 || index % 8 === 6 ? "fr" : "en",
      suggestion: null,
      bytes: 2_000 + ((index * 7919) % 9_000_000),
      added: Date.UTC(2025, 10, 20) - Math.floor(index / 5) * day,
      incompletePages: index % 37 === 5 && format === "pdf" ? [1] : [],
      collections: index % 5 === 0 ? [1 + (index % 3)] : [],
      folder: index % 4 === 0 ? "Board minutes" : null,
    };
  });
}
