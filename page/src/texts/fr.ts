// French.

import type { Texts } from ".";

const number = (n: number): string => n.toLocaleString("fr");
const several = (n: number, one: string, many: string): string => `${number(n)} ${n < 2 ? one : many}`;

export const fr: Texts = {
  cells: {
    rbc: "Érythrocytes",
    wbc: "Leucocytes",
    plt: "Plaquettes",
  },
  common: {
    photographs: (n) => several(n, "photographie", "photographies"),
    loading: "Chargement…",
    close: "Fermer",
    cancel: "Annuler",
    delete: "Supprimer",
    save: "Enregistrer",
    tryAgain: "Réessayer",
    toStart: "Tous les échantillons",
    nothingHere: "Il n’y a rien à cette adresse.",
    connectionLost:
      "La connexion a été perdue avant la réponse du service. Vérifiez si l’action a été effectuée, puis réessayez.",
    unexpected: "Une erreur s’est produite dans cette page. Rechargez-la ; ce qui a été enregistré est conservé.",
  },
  shell: {
    researchUse: "Réservé à la recherche : hemolens n’établit aucun diagnostic.",
    skip: "Aller au contenu",
    navigation: "Navigation principale",
    language: "Langue",
    theme: "Apparence",
    themes: { system: "Comme le système", light: "Clair", dark: "Sombre" },
    logOut: "Se déconnecter",
    account: "Votre compte",
    accounts: "Comptes",
    lost: "Pas de connexion à hemolens. La reprise est automatique dès son retour ; rien n’est perdu.",
    version: (version) => `hemolens ${version}`,
  },
};
