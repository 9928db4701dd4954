import { describe, expect, it } from "vitest";
import { commonFolder, sortOut } from "./chosen";

describe("commonFolder", () => {
  it("is the first folder that all paths share", () => {
    expect(commonFolder(["smears/a.jpg", "smears/day 2/b.jpg"])).toBe("smears");
  });

  it("is none where files come from several folders or from none", () => {
    expect(commonFolder(["x/a.jpg", "y/a.jpg"])).toBeNull();
    expect(commonFolder(["", ""])).toBeNull();
    expect(commonFolder([])).toBeNull();
  });
});

describe("sortOut", () => {
  const names = (files: File[]): string[] => files.map((each) => each.name);

  it("tells photographs by their suffix, in capitals, too", () => {
    const sorted = sortOut([new File(["x"], "a.JPG"), new File(["x"], "notes.txt")], [".jpg"], 10);
    expect([names(sorted.good), names(sorted.notPhotographs)]).toEqual([["a.JPG"], ["notes.txt"]]);
  });

  it("leaves out what is larger than the service takes", () => {
    const sorted = sortOut([new File(["xxx"], "a.jpg"), new File(["xx"], "b.jpg")], [".jpg"], 2);
    expect([names(sorted.good), names(sorted.tooLarge)]).toEqual([["b.jpg"], ["a.jpg"]]);
  });

  it("says nothing of files that the system hides in folders", () => {
    const sorted = sortOut([new File(["x"], ".DS_Store"), new File(["x"], "Thumbs.db")], [".jpg"], 10);
    expect(sorted).toEqual({ good: [], notPhotographs: [], tooLarge: [] });
  });
});
