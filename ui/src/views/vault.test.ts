// The vault as a person meets it: locked, protected, found in, erased from.
import { fireEvent } from "@testing-library/svelte";
import { describe, expect, test, vi } from "vitest";

import { opened, rest } from "../test/opened";
import { aConversation, anAnswer, locked, open } from "../test/scripted";

const disabled = (element: HTMLElement) => (element as HTMLButtonElement).disabled;
const wrong = { code: "vault_wrong_passphrase", message: "This does not open the vault." };
const silent = { code: "keychain_unavailable", message: "The keychain does not answer." };

/** Twenty-four of them, as somebody wrote them down. */
const typed = Array.from(
  { length: 24 },
  (_, index) => `${index + 1}. Word${"abcdefghijklmnopqrstuvwx"[index]}`,
);
const words = typed.map((each) => each.replace(/^\d+\. /, "").toLowerCase()).join(" ");

describe("a locked vault", () => {
  test("opens with its passphrase, and shows no title of anything", async () => {
    const { ipc, container, part, type, click } = await opened((ipc) => {
      ipc.stored = [aConversation("c1", { title: "A secret title" })];
    });
    expect(container.textContent).toContain("A secret title");
    ipc.tell({ kind: "launch", launch: locked() });
    await rest();
    expect(container.textContent).not.toContain("A secret title");
    expect(container.textContent).not.toContain("d1.pdf");
    expect(document.title).not.toContain("secret");
    expect(document.activeElement).toBe(part("passphrase"));
    expect(disabled(part("open-vault"))).toBe(true);
    await type("passphrase", "sesame");
    await click("open-vault");
    expect(ipc.calls.at(-1)).toBe("unlock passphrase sesame");
  });

  test("opens with recovery words, however they are typed", async () => {
    const { ipc, container, part, type, click } = await opened(
      (ipc) => (ipc.start.launch = locked({ recovery: true })),
    );
    await click("other-way");
    expect(document.activeElement).toBe(part("recovery"));
    await type("recovery", typed.slice(0, 23).join("\n"));
    expect(container.textContent).toContain("23 of 24 words");
    expect(disabled(part("open-vault"))).toBe(true);
    await type("recovery", typed.join(",\n"));
    await click("open-vault");
    expect(ipc.calls.at(-1)).toBe(`unlock recovery ${words}`);
  });

  test("says beside the words that they do not open it, and not beside the passphrase after that", async () => {
    const { all, part, type, click } = await opened((ipc) => {
      ipc.start.launch = locked({ recovery: true });
      ipc.failing.unlock = wrong;
    });
    await click("other-way");
    await type("recovery", typed.join(" "));
    await click("open-vault");
    expect(part("problem").textContent).toBe(wrong.message);
    expect(part("recovery").getAttribute("aria-invalid")).toBe("true");
    await click("other-way");
    expect(all("problem")).toEqual([]);
  });

  test("without recovery words offers none", async () => {
    const { all } = await opened((ipc) => (ipc.start.launch = locked()));
    expect([all("other-way"), all("try-keychain")]).toEqual([[], []]);
  });

  test("says what is the matter with the keychain, and tries it again", async () => {
    const { ipc, part, click, all } = await opened((ipc) => {
      ipc.start.launch = locked({ keychain: true, passphrase: false }, silent);
      ipc.failing.unlock = { code: "keychain_locked", message: "The keychain is locked." };
    });
    expect([all("passphrase"), all("recovery")]).toEqual([[], []]);
    expect(part("problem").textContent).toBe(silent.message);
    await click("try-keychain");
    expect(ipc.calls.at(-1)).toBe("unlock keychain");
    expect(part("problem").textContent, "what it says now").toBe("The keychain is locked.");
  });

  test("whose keychain fails opens with its recovery words", async () => {
    const { ipc, part, type, click } = await opened(
      (ipc) => (ipc.start.launch = locked({ keychain: true, passphrase: false, recovery: true }, silent)),
    );
    expect(part("problem").textContent).toBe(silent.message);
    await type("recovery", typed.join(" "));
    await click("open-vault");
    expect(ipc.calls.at(-1)).toBe(`unlock recovery ${words}`);
  });
});

describe("a machine without a vault", () => {
  test("restores a backup with what opened it, and stays as it is when no file is chosen", async () => {
    const { ipc, part, type, click, all } = await opened((ipc) => {
      ipc.start.launch = { state: "newPassphrase" };
      ipc.chooses = false;
    });
    await click("restore");
    await type("passphrase", "sesame");
    await click("choose-backup");
    expect(ipc.calls.at(-1)).toBe("restore passphrase sesame");
    expect([disabled(part("choose-backup")), all("problem")]).toEqual([false, []]);
    ipc.failing.restore = wrong;
    await click("choose-backup");
    expect(part("problem").textContent).toBe(wrong.message);
    await click("back");
    expect([all("passphrase-again").length, all("problem")]).toEqual([1, []]);
  });
});

describe("a backup", () => {
  test("takes the place of a vault that does not open, which is said to be kept", async () => {
    for (const launch of [locked(), { state: "failed" as const, error: wrong }]) {
      const { ipc, part, type, click } = await opened((ipc) => (ipc.start.launch = launch));
      await click("restore");
      expect(part("launch").textContent).toContain("kept, encrypted, in a folder of its own");
      await type("passphrase", "sesame");
      await click("choose-backup");
      expect(ipc.calls.at(-1)).toBe("restore passphrase sesame");
    }
  });

  test("takes the place of an open vault, from the settings", async () => {
    const { ipc, part, type, click, all } = await opened((ipc) => (ipc.chooses = false));
    await click("settings");
    await click("restore");
    expect(part("settings-page").textContent).toContain("kept, encrypted, in a folder of its own");
    await type("passphrase", "sesame");
    await click("choose-backup");
    expect(ipc.calls.at(-1)).toBe("restore passphrase sesame");
    expect([disabled(part("choose-backup")), all("problem")]).toEqual([false, []]);
    ipc.failing.restore = wrong;
    await click("choose-backup");
    expect(part("problem").textContent).toBe(wrong.message);
    await click("back");
    expect(all("problem"), "it belongs to the form").toEqual([]);
  });
});

describe("locking", () => {
  test("is a button where a passphrase opens the vault, and a key everywhere", async () => {
    const { ipc, click, press } = await opened();
    await click("lock");
    expect(ipc.calls.at(-1)).toBe("lock");
    await click("settings");
    await press("l", { ctrlKey: true });
    expect(ipc.calls.filter((call) => call === "lock")).toHaveLength(2);
  });

  test("is in the settings where the keychain would open it again", async () => {
    const { ipc, all, click, container } = await opened((ipc) => {
      ipc.start.launch = open({ ways: { keychain: true, passphrase: false, recovery: false } });
    });
    expect(all("lock")).toEqual([]);
    await click("settings");
    expect(container.textContent).toContain("Aparté locks itself only behind a passphrase");
    await click("lock-now");
    expect(ipc.calls.at(-1)).toBe("lock");
  });

  test("by itself waits as long as the person says", async () => {
    const { ipc, click, container } = await opened();
    await click("settings");
    expect(
      container.querySelector<HTMLInputElement>('[data-part="lock-after"][data-value="10"]')?.checked,
    ).toBe(true);
    await fireEvent.click(container.querySelector('[data-part="lock-after"][data-value="0"]')!);
    await rest();
    expect(ipc.calls.at(-1)).toBe("changeSettings en system 0 oldestLeftOut careful");
  });

  test("is put off by whatever is done with a hand", async () => {
    const { ipc } = await opened();
    const now = vi.spyOn(Date, "now");
    for (const [minute, event] of ["pointermove", "keydown", "wheel", "pointerdown"].entries()) {
      now.mockReturnValue(2e12 + minute * 60_000);
      const what = { bubbles: true, key: "a" };
      document.body.dispatchEvent(new KeyboardEvent(event, what));
    }
    expect(ipc.calls.filter((call) => call === "active")).toHaveLength(4);
  });
});

describe("the protection", () => {
  async function settings(prepare: Parameters<typeof opened>[0] = () => {}) {
    const window = await opened(prepare);
    await window.click("settings");
    const page = () => window.part("settings-page").dataset.page;
    return { ...window, page };
  }

  test("is a passphrase that can be changed by whoever knows it", async () => {
    const { ipc, part, type, click, page } = await settings();
    await click("set-passphrase");
    expect(document.activeElement).toBe(part("passphrase"));
    await type("passphrase", "sesame");
    await type("new-passphrase", "a longer one");
    expect(disabled(part("protect"))).toBe(true);
    await type("new-passphrase-again", "a longer one");
    ipc.failing.setPassphrase = wrong;
    await click("protect");
    expect([part("problem").textContent, page()]).toEqual([wrong.message, "passphrase"]);
    ipc.failing = {};
    await click("protect");
    expect(ipc.calls).toContain("setPassphrase passphrase sesame -> a longer one");
    expect([part("done").textContent, page()]).toEqual(["The passphrase is set.", "settings"]);
    expect(document.activeElement, "back where it was").toBe(part("set-passphrase"));
  });

  test("is the keychain until a passphrase is set, which needs no other proof", async () => {
    const { ipc, all, type, click, part } = await settings((ipc) => {
      ipc.start.launch = open({ ways: { keychain: true, passphrase: false, recovery: false } });
    });
    expect(disabled(part("back-up")), "the keychain opens no backup").toBe(true);
    await click("set-passphrase");
    expect(all("passphrase")).toEqual([]);
    await type("new-passphrase", "a longer one");
    await type("new-passphrase-again", "a longer one");
    await click("protect");
    expect(ipc.calls).toContain("setPassphrase keychain  -> a longer one");
    expect(all("lock"), "and now it can be locked").toHaveLength(1);
    expect(disabled(part("back-up"))).toBe(false);
  });

  test("goes back to the keychain with the passphrase or the recovery words", async () => {
    const { ipc, type, click, part } = await settings((ipc) => {
      ipc.start.launch = open({ ways: { keychain: false, passphrase: true, recovery: true } });
      ipc.opens = { keychain: true, passphrase: false, recovery: true };
    });
    await click("use-keychain");
    await click("other-way");
    await type("recovery", typed.join(" "));
    await click("protect");
    expect(ipc.calls).toContain(`useKeychain recovery ${words}`);
    expect(part("done").textContent).toBe("The keychain opens Aparté from now on.");
  });

  test("shows recovery words once, and lets nobody leave before they are written down", async () => {
    const { ipc, all, part, type, click, press, page, container } = await settings();
    ipc.opens = { keychain: false, passphrase: true, recovery: true };
    await click("make-recovery");
    await type("passphrase", "sesame");
    await click("protect");
    expect(ipc.calls).toContain("makeRecovery passphrase sesame");
    expect(all("recovery-word").map(({ textContent }) => textContent)).toEqual(
      Array.from({ length: 24 }, (_, index) => `${index + 1} word${index + 1}`),
    );
    await press("Escape");
    expect([page(), all("close-settings"), all("back")]).toEqual(["words", [], []]);
    await click("words-written");
    expect(page()).toBe("settings");
    expect(container.textContent).not.toContain("word24");
    expect(all("remove-recovery"), "now there are some").toHaveLength(1);
    expect(part("done").textContent).toBe("The recovery words are made.");
  });

  test("prints and copies the words", async () => {
    const { type, click, part } = await settings();
    await click("make-recovery");
    await type("passphrase", "sesame");
    await click("protect");
    const print = vi.fn();
    window.print = print;
    await click("print-words");
    expect(print).toHaveBeenCalledOnce();
    expect(part("recovery-word").closest("[data-print]"), "only this is printed").not.toBe(null);
    const copied: string[] = [];
    Object.defineProperty(navigator, "clipboard", {
      configurable: true,
      value: { writeText: async (text: string) => void copied.push(text) },
    });
    await click("copy-words");
    expect(copied).toEqual([Array.from({ length: 24 }, (_, index) => `word${index + 1}`).join(" ")]);
  });

  test("takes recovery words away", async () => {
    const { ipc, type, click, all } = await settings((ipc) => {
      ipc.start.launch = open({ ways: { keychain: false, passphrase: true, recovery: true } });
    });
    await click("remove-recovery");
    await type("passphrase", "sesame");
    await click("protect");
    expect(ipc.calls).toContain("removeRecovery passphrase sesame");
    expect(all("remove-recovery")).toEqual([]);
  });

  test("Escape leads back to the settings, then out of them, and stops no reply", async () => {
    const { ipc, press, click, all, part } = await settings();
    await click("export");
    await press("Escape");
    expect(document.activeElement).toBe(part("export"));
    await press("Escape");
    expect(all("settings-panel")).toEqual([]);
    expect(document.activeElement, "the focus is back").toBe(part("settings"));
    expect(ipc.calls.filter((call) => call.startsWith("stop"))).toEqual([]);
  });
});

describe("copies", () => {
  test("a backup says what opens it and what stays in it", async () => {
    const { ipc, part, click, container } = await opened();
    await click("settings");
    expect(container.textContent).toContain(
      "Everything in one encrypted file, which your passphrase opens. What you delete later stays in backups made before.",
    );
    await click("back-up");
    expect([ipc.calls.at(-1), part("done").textContent]).toEqual(["backUp", "The backup is written."]);
    ipc.failing.backUp = { code: "disk_full", message: "The disk is full." };
    await click("back-up");
    expect([part("problem").textContent, part("done").textContent]).toEqual(["The disk is full.", ""]);
  });

  test("an export warns before it writes anything", async () => {
    const { ipc, part, click, container } = await opened();
    await click("settings");
    await click("export");
    expect(ipc.calls).not.toContain("exportAll");
    expect(container.textContent).toContain("Whoever gets at the folder can read them");
    ipc.chooses = false;
    await click("export-anyway");
    expect(part("settings-page").dataset.page, "nobody chose a folder").toBe("export");
    ipc.chooses = true;
    await click("export-anyway");
    expect(part("done").textContent).toBe("Everything is written.");
  });
});

describe("deleting", () => {
  async function three(prepare: Parameters<typeof opened>[0] = () => {}) {
    const window = await opened((ipc) => {
      ipc.stored = ["c1", "c2", "c3"].map((id) => aConversation(id));
      prepare(ipc);
    });
    const listed = () => window.all("conversation").map(({ dataset }) => dataset.id);
    const focused = () => (document.activeElement as HTMLElement).dataset;
    return { ...window, listed, focused };
  }

  test("by the key leaves the focus on the next, and on the one before at the end", async () => {
    const { all, press, listed, focused, ipc } = await three();
    all("conversation")[1]?.focus();
    await press("Delete");
    expect([listed(), focused().id]).toEqual([["c1", "c3"], "c3"]);
    await press("Delete");
    expect([listed(), focused().id]).toEqual([["c1"], "c1"]);
    await press("Delete");
    expect([listed(), focused().part]).toEqual([[], "new-conversation"]);
    expect(ipc.calls.filter((call) => call.startsWith("erase "))).toHaveLength(3);
    expect(all("erasure").map(({ dataset }) => dataset.id)).toEqual(["c2", "c3", "c1"]);
  });

  test("by the button is undone by the other, which gives the focus to what came back", async () => {
    const { click, listed, focused, all, ipc, container } = await three();
    await click("erase-conversation");
    expect(listed()).toEqual(["c2", "c3"]);
    expect(container.textContent).toContain("“About c1” is deleted. It can be brought back for a minute.");
    await click("undo-erase");
    expect([listed(), focused().id, all("erasure")]).toEqual([["c1", "c2", "c3"], "c1", []]);
    expect(ipc.calls.at(-1)).toBe("undoErase conversation c1");
  });

  test("for good goes on to the next that can still be brought back", async () => {
    const { click, focused, all, ipc } = await three();
    await click("erase-conversation");
    await click("erase-conversation");
    await click("erase-now");
    expect(ipc.calls.at(-1)).toBe("eraseNow conversation c1");
    expect([all("erasure").length, focused().part]).toEqual([1, "undo-erase"]);
    ipc.tell({ kind: "erased", item: { kind: "conversation", id: "c2" } });
    await rest();
    expect([all("erasure"), focused().part], "its minute was over").toEqual([[], "new-conversation"]);
  });

  test("a document that nothing rests on goes at once", async () => {
    const { click, all, ipc } = await three();
    await click("erase-document");
    expect([all("erase-question"), ipc.calls.at(-1)]).toEqual([[], "erase document d1"]);
    expect(all("document").map(({ dataset }) => dataset.id)).toEqual(["d2"]);
  });

  test("a document that conversations rest on says so first", async () => {
    const { click, press, all, part, focused, ipc } = await three((ipc) => (ipc.used = 2));
    all("document")[0]?.focus();
    await press("Delete");
    expect(part("erase-question").textContent).toContain("2 conversations look in it or cite it.");
    expect(focused().part, "the safe answer is the nearer one").toBe("keep");
    await press("Escape");
    expect([all("erase-question"), all("document").length]).toEqual([[], 2]);
    expect(focused().id, "the focus is back").toBe("d1");
    await press("Delete");
    await click("erase-anyway");
    expect([ipc.calls.at(-1), focused().id]).toEqual(["erase document d1", "d2"]);
  });

  test("a document of which it cannot be told is left alone", async () => {
    const { click, all, part, ipc } = await three((ipc) => (ipc.failing.uses = wrong));
    await click("erase-document");
    expect(ipc.calls.filter((call) => call.startsWith("erase "))).toEqual([]);
    expect([all("document").length, part("problem").textContent]).toEqual([2, wrong.message]);
  });
});

describe("a private conversation", () => {
  test("is begun from the sidebar or by a key, and is marked wherever it shows", async () => {
    const { ipc, all, part, click, press, type, container } = await opened();
    expect(all("private")).toEqual([]);
    await click("new-private");
    expect(part("private").textContent).toContain(
      "Private: kept nowhere, and gone when Aparté is locked or closed.",
    );
    expect(container.textContent).toContain("and with it the files that you add while it is shown.");
    await click("new-conversation");
    expect(all("private")).toEqual([]);
    await press("N", { ctrlKey: true, shiftKey: true });
    await type("question", "Between us?");
    await click("send");
    ipc.last.answer(anAnswer());
    await rest();
    expect(ipc.calls).toContain("begin Between us? privately");
    expect([all("private").length, part("conversation").textContent]).toEqual([
      1,
      expect.stringContaining("Private"),
    ]);
  });
});

describe("finding", () => {
  async function found() {
    const window = await opened((ipc) => {
      ipc.stored = [aConversation("c1"), aConversation("c2")];
      ipc.history["c1"] = [
        { role: "question", text: "First?" },
        { role: "answer", answer: anAnswer() },
        { role: "question", text: "Second?" },
        { role: "answer", answer: anAnswer() },
      ];
      ipc.findings = [
        { conversation: "c1", message: 1, text: "It cost 412,000 euros." },
        { conversation: "c2", message: 0, text: "Euros?" },
        { conversation: "gone", message: 0, text: "of a conversation that is not listed" },
      ];
    });
    vi.useFakeTimers();
    await window.press("k", { ctrlKey: true });
    await window.type("find", "euros");
    vi.advanceTimersByTime(200);
    vi.useRealTimers();
    await rest();
    return window;
  }

  test("takes the place of the lists, with the line in which it stands", async () => {
    const { all, part, press, container } = await found();
    expect(document.activeElement).toBe(part("find"));
    expect(all("found").map(({ textContent }) => textContent?.replace(/\s+/g, " ").trim())).toEqual([
      "About c1 It cost 412,000 euros.",
      "About c2 Euros?",
    ]);
    expect([...container.querySelectorAll("mark")].map(({ textContent }) => textContent)).toEqual([
      "euros",
      "Euros",
    ]);
    expect(all("document")).toEqual([]);
    await press("Escape");
    expect([all("found"), all("document").length]).toEqual([[], 2]);
    await press("Escape");
    expect(document.activeElement).toBe(part("question"));
  });

  test("opens the conversation at the message, and gives it the focus", async () => {
    const { all, press, ipc } = await found();
    await press("ArrowDown");
    expect(document.activeElement).toBe(all("found")[0]);
    await press("ArrowDown");
    await press("ArrowUp");
    expect(document.activeElement).toBe(all("found")[0]);
    await fireEvent.click(document.activeElement!);
    await rest();
    expect(ipc.calls).toContain("messages c1");
    expect(document.activeElement?.tagName).toBe("ARTICLE");
    expect(document.activeElement?.textContent).toContain("First?");
    expect(all("found"), "and the next of them is one click away").toHaveLength(2);
  });

  test("opens the first by Enter", async () => {
    const { press } = await found();
    await press("Enter");
    expect(document.activeElement?.textContent).toContain("First?");
  });
});

describe("what was noticed", () => {
  test("is told at the top, and gone on with or put away", async () => {
    const notices = ["This is an older copy.", "One conversation is missing."];
    const { ipc, all, click, container } = await opened((ipc) => (ipc.start.launch = open({ notices })));
    expect(all("notice").map(({ textContent }) => textContent)).toEqual(notices);
    expect(container.querySelector('[data-part="notices"] [role="alert"]')).not.toBe(null);
    await click("accept");
    expect(ipc.calls.at(-1)).toBe("accept");
    await click("dismiss-notices");
    expect(all("notices")).toEqual([]);
  });
});

describe("a long list", () => {
  test("of conversations is there at once, and the rest of it one click away", async () => {
    const { all, click } = await opened((ipc) => {
      ipc.stored = Array.from({ length: 500 }, (_, index) => aConversation(`c${index}`));
    });
    expect([all("conversation").length, all("more-conversations")[0]?.textContent]).toEqual([
      200,
      "Show earlier conversations (300)",
    ]);
    await click("more-conversations");
    expect(all("conversation")).toHaveLength(400);
  });
});
