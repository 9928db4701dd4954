// German.

import type { Texts } from ".";

const number = (n: number): string => n.toLocaleString("de");
const several = (n: number, one: string, many: string): string => `${number(n)} ${n === 1 ? one : many}`;

export const de: Texts = {
  cells: {
    rbc: "Erythrozyten",
    wbc: "Leukozyten",
    plt: "Thrombozyten",
  },
  common: {
    photographs: (n) => several(n, "Aufnahme", "Aufnahmen"),
    loading: "Wird geladen …",
    close: "Schließen",
    cancel: "Abbrechen",
    delete: "Löschen",
    save: "Speichern",
    tryAgain: "Erneut versuchen",
    toStart: "Alle Proben",
    nothingHere: "Unter dieser Adresse gibt es nichts.",
    connectionLost:
      "Die Verbindung brach ab, bevor der Dienst geantwortet hat. Prüfen Sie, ob es ausgeführt wurde, und versuchen Sie es dann erneut.",
    unexpected: "Auf dieser Seite ist etwas schiefgegangen. Laden Sie sie neu; Gespeichertes ist noch da.",
  },
  shell: {
    researchUse: "Nur für die Forschung: hemolens stellt keine Diagnose.",
    skip: "Zum Inhalt springen",
    navigation: "Hauptnavigation",
    language: "Sprache",
    theme: "Darstellung",
    themes: { system: "Wie das System", light: "Hell", dark: "Dunkel" },
    logOut: "Abmelden",
    account: "Ihr Konto",
    accounts: "Konten",
    lost: "Keine Verbindung zu hemolens. Es geht von selbst weiter, sobald sie wieder besteht; nichts geht verloren.",
    version: (version) => `hemolens ${version}`,
  },
};
