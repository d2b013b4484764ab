// French. Before ; : ? ! and within « » stands a narrow no-break space (U+202F), which a test looks for.
import type { Language } from "../nouns";
import type { Dictionary } from "./en";
import { counting } from "./plural";

const { number, percent, count, seconds, list } = counting("fr");
const languages: Record<Language, string> = { en: "anglais", fr: "français" };

export const fr: Dictionary = {
  tag: "fr",
  languageName: (language) => languages[language],

  launch: {
    opening: "Ouverture de vos documents…",
    newTitle: "Choisissez une phrase secrète",
    newReason:
      "Tout ce qu’Aparté conserve sur cette machine est chiffré. Cette machine n’offre pas de trousseau pour garder la clé : une phrase secrète de votre choix en tient lieu.",
    newWarning:
      "Il n’y a pas d’autre accès. Sans la phrase secrète, personne ne peut lire vos documents et vos conversations, pas même vous : elle ne peut être ni changée à votre place, ni retrouvée.",
    lockedTitle: "Vos documents sont verrouillés",
    lockedReason: "Saisissez la phrase secrète que vous avez choisie à la première ouverture d’Aparté.",
    passphrase: "Phrase secrète",
    again: "La même phrase secrète, de nouveau",
    show: "Afficher la phrase secrète",
    hide: "Masquer la phrase secrète",
    minimum: (least) =>
      `Au moins ${number(least)} caractères. Quelques mots faciles à retenir conviennent le mieux.`,
    tooShort: (missing) => `Encore ${count(missing, { one: "caractère", other: "caractères" })}.`,
    differ: "Les deux diffèrent.",
    same: "Les deux sont identiques.",
    create: "Protéger mes documents",
    open: "Ouvrir",
    working: "Ouverture…",
    failedTitle: "Aparté n’a pas pu ouvrir vos documents",
    retry: "Réessayer",
  },

  sidebar: {
    label: "Conversations et documents",
    show: "Afficher le volet latéral",
    hide: "Masquer le volet latéral",
    newConversation: "Nouvelle conversation",
    conversations: "Conversations",
    none: "Vos questions et leurs réponses seront rangées ici.",
    today: "Aujourd’hui",
    yesterday: "Hier",
    earlier: "Plus tôt",
    skip: "Aller à la question",
    writing: "Une réponse est en cours de rédaction",
  },

  library: {
    title: "Documents",
    empty: "Aucun document pour l’instant.",
    add: "Ajouter des fichiers",
    addHere: "Ajouter",
    pages: (pages) => count(pages, { one: "page", other: "pages" }),
    format: { pdf: "PDF", text: "Texte", markdown: "Markdown" },
    incomplete: (pages) =>
      pages.length === 1
        ? `La page ${number(pages[0] ?? 1)} n’a pas pu être lue en entier`
        : `Les pages ${list(pages.slice(0, 6).map(number))}${pages.length > 6 ? "…" : ""} n’ont pas pu être lues en entier`,
    waiting: "En attente",
    opening: "Ouverture",
    reading: (page, pages) => `Lecture de la page ${number(page)} sur ${number(pages)}`,
    dismiss: (name) => `Retirer ${name} de la liste`,
    added: "Ajouté",
    already: "Déjà présent",
    drop: "Déposez les fichiers pour les ajouter",
    dropNote: "Ils sont lus sur cette machine et y restent.",
  },

  settings: {
    title: "Réglages",
    language: "Langue",
    theme: "Apparence",
    themes: { system: "Système", light: "Claire", dark: "Sombre" },
  },

  model: {
    title: "Modèle",
    none: "Aucun modèle",
    states: {
      waiting: "En attente",
      missing: "Aucun modèle trouvé",
      ready: "Prêt",
      failed: "N’a pas pu être chargé",
      stopped: "Arrêté",
    },
    loading: (progress) => `Chargement, ${percent(progress)}`,
    here: "Fonctionne sur cette machine. Questions et documents ne sont envoyés nulle part.",
    devices: "Calcule sur",
    context: "Tient à la fois",
    tokens: (tokens) => count(tokens, { one: "jeton", other: "jetons" }),
    languages: "Connaît",
    stoppedNote: "Son processus s’est arrêté. La prochaine question le relance.",
    waitingNote: "Il est chargé quand vos documents sont ouverts.",
  },

  start: {
    title: "Que souhaitez-vous savoir ?",
    reads: (documents) =>
      documents === 1
        ? "La réponse vient de votre document, avec la page sur laquelle repose chaque phrase."
        : `Les réponses viennent de vos ${number(documents)} documents, avec la page sur laquelle repose chaque phrase.`,
    examples: "Pour commencer",
    emptyTitle: "Interrogez vos documents",
    emptyReason:
      "Aparté répond à des questions à partir de vos fichiers et montre la page sur laquelle repose chaque phrase.",
    dropHere: "Déposez des fichiers ici",
    formats: "Les fichiers PDF, texte et Markdown sont lus.",
    stays: "Rien ne quitte cette machine.",
  },

  choice: {
    looksIn: "Cherche dans",
    all: (documents) => `les ${number(documents)} documents`,
    some: (chosen, documents) =>
      `${number(chosen)} document${chosen > 1 ? "s" : ""} sur ${number(documents)}`,
    none: "aucun document",
    title: "Documents où chercher",
    everything: "Tous les documents",
    label: (looksIn) => `Cherche dans : ${looksIn}`,
  },

  composer: {
    label: "Question",
    placeholder: "Posez une question sur vos documents",
    send: "Demander",
    stop: "Arrêter",
    stopping: "Arrêt…",
    hint: "Entrée pour demander, Maj + Entrée pour aller à la ligne",
    stopHint: "Échap arrête la réponse ; ce qui est écrit est conservé.",
    noDocuments: "Ajoutez d’abord un document : les réponses ne viennent que de vos documents.",
    noneChosen: "Choisissez au moins un document où chercher.",
    elsewhere: (title) => `Une réponse est en cours de rédaction dans « ${title} ».`,
    goThere: "Y aller",
  },

  conversation: {
    label: "Conversation",
    untitled: "Nouvelle conversation",
    opening: "Ouverture de la conversation…",
    earlier: (exchanges) => `Afficher les questions précédentes (${number(exchanges)})`,
    showAll: (characters) => `Afficher toute la question (${number(characters)} caractères)`,
    unanswered: "Cette question n’a pas de réponse.",
    again: "Poser de nouveau",
    tryAgain: "Réessayer",
    toEnd: "Aller à la fin",
  },

  reply: {
    searching: "Recherche dans vos documents",
    loading: (progress) => `Chargement du modèle, ${percent(progress)}`,
    reading: "Lecture des passages trouvés",
    readingOf: (done, total) => `${number(done)} jetons sur ${number(total)}`,
    writing: "Rédaction",
    finished: (sources) =>
      sources === 0
        ? "La réponse est complète."
        : `La réponse est complète, avec ${count(sources, { one: "source", other: "sources" })}.`,
  },

  answer: {
    sources: "Sources",
    nearest: "Les passages les plus proches",
    mark: (sourceNumber, place, standing) => `Source ${number(sourceNumber)} : ${place}, ${standing}`,
    page: (page) => `page ${number(page)}`,
    verified: "vérifiée",
    unverified: "introuvable dans la source",
    verifiedNote: "Ces mots figurent bien sur cette page.",
    unverifiedNote: "Ces mots n’ont pas été trouvés sur cette page. Lisez-la avant de vous y fier.",
    stopped: "Vous avez arrêté cette réponse.",
    interrupted: "Le moteur s’est arrêté ; ce qu’il avait écrit est conservé.",
    length: "Cette réponse a été coupée à sa longueur maximale.",
    details: "Détails",
    speed: (tokensPerSecond) => `${number(tokensPerSecond)} jetons/s`,
    firstWord: (milliseconds) => `premier mot après ${seconds(milliseconds)} s`,
    total: (milliseconds) => `${seconds(milliseconds)} s en tout`,
    whole: "texte entier lu",
    parts: "meilleurs passages lus",
    notAsked: "le modèle n’a pas été interrogé",
    image: "image non chargée",
  },

  source: {
    label: "Source",
    close: "Fermer la source",
    pageOf: (page, pages) => `page ${number(page)} sur ${number(pages)}`,
    previousPage: "Page précédente",
    nextPage: "Page suivante",
    citationOf: (position, total) => `Source ${number(position)} sur ${number(total)}`,
    previousCitation: "Source précédente",
    nextCitation: "Source suivante",
    opening: "Ouverture de la page…",
    incomplete: "Une partie de cette page n’a pas pu être lue.",
    blank: "Cette page ne contient pas de texte.",
    text: "Texte de la page",
  },
};
