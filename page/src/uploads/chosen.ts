/** Files that a person chose or dropped, and the folder that they came in, if they all came in one. */
export interface Chosen {
  files: File[];
  folder: string | null;
}

/** Files of an `<input type="file">`, also of one for folders. */
export function chosenIn(input: HTMLInputElement): Chosen {
  const files = [...(input.files ?? [])];
  return { files, folder: commonFolder(files.map((file) => file.webkitRelativePath)) };
}

/** The first folder of the paths, if it is the same in all: "smears/a.jpg" lies in "smears". */
export function commonFolder(paths: readonly string[]): string | null {
  const folders = new Set(paths.map((path) => (path.includes("/") ? path.split("/")[0]! : "")));
  const [only] = folders;
  return folders.size === 1 && only ? only : null;
}

/** Files that were dropped; folders are opened. To be called while the event is handled. */
export async function chosenFrom(dropped: DataTransfer): Promise<Chosen> {
  const entries = [...dropped.items]
    .filter((item) => item.kind === "file")
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  const found = await Promise.all(entries.map(filesBelow));
  const only = entries.length === 1 ? entries[0]! : null;
  return { files: found.flat(), folder: only?.isDirectory ? only.name : null };
}

async function filesBelow(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) {
    return [await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: FileSystemEntry[] = [];
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) break;
    found.push(...part);
  }
  found.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  return (await Promise.all(found.map(filesBelow))).flat();
}

export interface Sorted {
  good: File[];
  notPhotographs: File[];
  tooLarge: File[];
}

/** Tells what can be sent from what the service would refuse; files that the system hides are left out in silence. */
export function sortOut(files: readonly File[], suffixes: readonly string[], maxBytes: number): Sorted {
  const sorted: Sorted = { good: [], notPhotographs: [], tooLarge: [] };
  for (const file of files) {
    const name = file.name.toLowerCase();
    if (name.startsWith(".") || name === "thumbs.db" || name === "desktop.ini") continue;
    if (!suffixes.some((suffix) => name.endsWith(suffix))) sorted.notPhotographs.push(file);
    else if (file.size > maxBytes) sorted.tooLarge.push(file);
    else sorted.good.push(file);
  }
  return sorted;
}
