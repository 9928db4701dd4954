// English: the texts that the other languages translate. What has a number in it is a function.

const number = (n: number): string => n.toLocaleString("en");
const several = (n: number, one: string, many: string): string => `${number(n)} ${n === 1 ? one : many}`;

export const en = {
  cells: {
    rbc: "Red cells",
    wbc: "White cells",
    plt: "Platelets",
  },
  common: {
    photographs: (n: number): string => several(n, "photograph", "photographs"),
    loading: "Loading …",
    close: "Close",
    cancel: "Cancel",
    delete: "Delete",
    save: "Save",
    tryAgain: "Try again",
    toStart: "All samples",
    nothingHere: "There is nothing at this address.",
    connectionLost: "The connection was lost before the service answered. Look whether it was done, then try again.",
    unexpected: "Something went wrong in this page. Reload it; what was saved is still there.",
  },
  shell: {
    researchUse: "Research use only: hemolens gives no diagnosis.",
    skip: "Skip to the content",
    navigation: "Main",
    language: "Language",
    theme: "Appearance",
    themes: { system: "As the system", light: "Light", dark: "Dark" },
    logOut: "Log out",
    account: "Your account",
    accounts: "Accounts",
    lost: "No connection to hemolens. It goes on by itself as soon as the connection is back; nothing is lost.",
    version: (version: string): string => `hemolens ${version}`,
  },
};
