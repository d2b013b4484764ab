// A list of everything that a question wants: offered, told how long, made, stopped and gone on with.
import { describe, expect, test, vi } from "vitest";

import { aList, Scripted } from "../test/scripted";
import { Listing } from "./listing.svelte";

const question = "List every amount over 1 000";

describe("a list", () => {
  test("is offered once nothing is typed for a moment", async () => {
    vi.useFakeTimers();
    const ipc = new Scripted();
    ipc.offers = "atOnce";
    const listing = new Listing(ipc);
    listing.consider("List");
    listing.consider(question);
    expect(listing.offered).toBeNull();
    await vi.advanceTimersByTimeAsync(300);
    expect(listing.offered).toEqual({ question, offer: "atOnce" });
    listing.consider("Who?");
    expect(listing.offered).toBeNull();
    vi.useRealTimers();
  });

  test("is made at once where words decide", async () => {
    const ipc = new Scripted();
    const listing = new Listing(ipc);
    const listed = listing.plan(question, ["d1"]);
    await vi.waitFor(() => expect(listing.stage.state).toBe("finding"));
    ipc.tellOfList({ kind: "looked", done: 4, total: 8 });
    expect(listing.stage).toMatchObject({ news: { done: 4 } });
    ipc.listed(aList());
    await listed;
    expect(listing.stage).toEqual({ state: "found", question, found: aList() });
  });

  test("says what it will take before the model judges, can be stopped, and goes on", async () => {
    const ipc = new Scripted();
    ipc.plan = { passages: 40, toJudge: 40, expectedMs: 90_000 };
    const listing = new Listing(ipc);
    await listing.plan("List every duty", ["d1"]);
    expect(listing.stage).toMatchObject({ state: "planned", plan: { expectedMs: 90_000 } });
    const stopped = listing.find();
    await listing.stop();
    expect(ipc.calls).toContain("stopFinding");
    expect(listing.stage).toMatchObject({ state: "finding", stopping: true });
    ipc.listed(aList({ decided: "byModel", toJudge: 40, judged: 3 }));
    await stopped;
    expect(listing.stage).toMatchObject({ state: "found", found: { judged: 3 } });
    void listing.find();
    expect(listing.stage.state).toBe("finding");
  });

  test("that was put away does not come back", async () => {
    const ipc = new Scripted();
    const listing = new Listing(ipc);
    const listed = listing.plan(question, ["d1"]);
    await vi.waitFor(() => expect(listing.stage.state).toBe("finding"));
    listing.close();
    ipc.listed(aList());
    await listed;
    expect(listing.stage.state).toBe("none");
  });

  test("that fails says why", async () => {
    const ipc = new Scripted();
    ipc.failing = { planAll: { code: "model_missing", message: "No model." } };
    const listing = new Listing(ipc);
    await listing.plan(question, ["d1"]);
    expect(listing.stage).toMatchObject({ state: "failed", error: { message: "No model." } });
  });
});
