// French. Before ; : ? ! and within « » stands a narrow no-break space (U+202F), which a test looks for.
import type { Language } from "../nouns";
import type { Dictionary } from "./en";
import { counting } from "./plural";

const { number, percent, count, seconds, spans, size } = counting("fr");
const languages: Record<Language, string> = { en: "anglais", fr: "français" };
const theLanguages: Record<Language, string> = { en: "l’anglais", fr: "le français" };

/** How long, as one would say it. */
function duration(inSeconds: number): string {
  if (inSeconds < 10) return "quelques secondes";
  if (inSeconds < 60) return "moins d’une minute";
  if (inSeconds < 5400)
    return `environ ${count(Math.round(inSeconds / 60), { one: "minute", other: "minutes" })}`;
  return `environ ${count(Math.round(inSeconds / 3600), { one: "heure", other: "heures" })}`;
}

export const fr: Dictionary = {
  tag: "fr",
  size,
  languageName: (language) => languages[language],

  launch: {
    opening: "Ouverture de vos documents…",
    newTitle: "Choisissez une phrase secrète",
    newReason:
      "Tout ce qu’Aparté conserve sur cette machine est chiffré. Cette machine n’offre pas de trousseau pour garder la clé : une phrase secrète de votre choix en tient lieu.",
    newWarning:
      "Elle ne peut pas être réinitialisée : sans elle, personne ne peut lire vos documents et vos conversations, pas même vous. Les mots de secours, à créer dans les réglages, sont le seul autre accès.",
    create: "Protéger mes documents",
    back: "Retour",
    lockedTitle: "Aparté est verrouillé",
    lockedKeychain: "Le trousseau de cet ordinateur détient la clé.",
    openKeychain: "Ouvrir avec le trousseau",
    tryKeychain: "Réessayer avec le trousseau",
    open: "Ouvrir",
    working: "Ouverture…",
    failedTitle: "Aparté n’a pas pu ouvrir vos documents",
    retry: "Réessayer",
  },

  secret: {
    passphrase: "Phrase secrète",
    presentPassphrase: "Votre phrase secrète actuelle",
    newPassphrase: "Nouvelle phrase secrète",
    again: "La même phrase secrète, de nouveau",
    show: "Afficher la phrase secrète",
    hide: "Masquer la phrase secrète",
    minimum: (least) =>
      `Au moins ${number(least)} caractères. Quelques mots faciles à retenir conviennent le mieux.`,
    tooShort: (missing) => `Encore ${count(missing, { one: "caractère", other: "caractères" })}.`,
    differ: "Les deux diffèrent.",
    same: "Les deux sont identiques.",
    recovery: "Mots de secours",
    recoveryHint:
      "Tous les 24, dans l’ordre. Numéros, retours à la ligne et majuscules sont sans importance.",
    recoveryCount: (typed, all) => `${number(typed)} mot${typed > 1 ? "s" : ""} sur ${number(all)}`,
    useRecovery: "Utiliser les mots de secours",
    usePassphrase: "Utiliser la phrase secrète",
  },

  sidebar: {
    label: "Conversations et documents",
    show: "Afficher le volet latéral",
    hide: "Masquer le volet latéral",
    newConversation: "Nouvelle conversation",
    newPrivate: "Conversation privée",
    lock: "Verrouiller",
    conversations: "Conversations",
    more: (conversations) => `Afficher les conversations précédentes (${number(conversations)})`,
    none: "Vos questions et leurs réponses seront rangées ici.",
    today: "Aujourd’hui",
    yesterday: "Hier",
    earlier: "Plus tôt",
    skip: "Aller à la question",
    writing: "Une réponse est en cours de rédaction",
    private: "Privée",
  },

  finding: {
    label: "Chercher dans les conversations",
    clear: "Effacer la recherche",
    results: "Trouvé dans les conversations",
    none: "Rien dans vos conversations n’en parle.",
    count: (found) => count(found, { one: "passage trouvé", other: "passages trouvés" }),
  },

  search: {
    inNames: "Noms",
    inText: "Texte",
    where: "Où chercher",
    label: "Chercher dans le texte des documents",
    clear: "Effacer la recherche",
    results: "Passages trouvés",
    found: (passages) => count(passages, { one: "passage trouvé", other: "passages trouvés" }),
    none: "Aucun passage de ces documents n’en parle.",
    searching: "Recherche…",
    filters: "Chercher seulement",
    kind: "Type",
    anyKind: "Tous",
    added: "Ajouté",
    age: (days) =>
      ({ 7: "ces 7 derniers jours", 30: "ces 30 derniers jours", 365: "depuis un an" })[days] ??
      "à tout moment",
    only: (documents) =>
      documents === 1
        ? "Seulement le document sélectionné"
        : `Seulement les ${number(documents)} documents sélectionnés`,
  },

  erasing: {
    erase: (name) => `Supprimer « ${name} »`,
    eraseKey: "Supprimer (Suppr)",
    pending: "Supprimé",
    erased: (name) => `« ${name} » est supprimé. Vous avez une minute pour revenir en arrière.`,
    undo: "Rétablir",
    undoLong: (name) => `Rétablir « ${name} »`,
    now: "Effacer maintenant",
    nowLong: (name) => `Effacer maintenant, définitivement : « ${name} »`,
    askTitle: "Supprimer ce document ?",
    used: (conversations) =>
      conversations === 1
        ? "Une conversation y cherche ou le cite. Ses réponses restent ; les pages sur lesquelles elles reposent ne pourront plus être ouvertes."
        : `${number(conversations)} conversations y cherchent ou le citent. Leurs réponses restent ; les pages sur lesquelles elles reposent ne pourront plus être ouvertes.`,
    askMany: (documents) => `Supprimer ${number(documents)} documents ?`,
    usedMany:
      "Des conversations y cherchent ou les citent peut-être. Leurs réponses restent ; les pages sur lesquelles elles reposent ne pourront plus être ouvertes.",
    many: (items) => `${count(items, { one: "supprimé", other: "supprimés" })}`,
    undoAll: "Tout rétablir",
    nowAll: "Tout effacer maintenant",
    yes: "Supprimer",
    cancel: "Annuler",
  },

  noticing: {
    title: "Tout n’est pas comme Aparté l’avait laissé",
    accept: "Continuer avec ce qui est là",
    acceptNote: "Aparté tient alors pour juste ce qui est là, et n’en parle plus.",
    dismiss: "Pas maintenant",
  },

  library: {
    title: "Documents",
    empty: "Aucun document pour l’instant.",
    add: "Ajouter des fichiers",
    addHere: "Ajouter",
    pages: (pages) => count(pages, { one: "page", other: "pages" }),
    format: {
      pdf: "PDF",
      markdown: "Markdown",
      text: "Texte",
      source: "Code source",
      latex: "LaTeX",
      csv: "Tableau",
      html: "Page web",
      mhtml: "Page web",
      epub: "Livre",
      rtf: "RTF",
      docx: "Word",
      doc: "Word",
      pptx: "PowerPoint",
      ppt: "PowerPoint",
      xlsx: "Excel",
      xls: "Excel",
      odt: "Document",
      ods: "Classeur",
      odp: "Présentation",
      email: "Courriel",
      outlook: "Courriel",
      mbox: "Courriels",
      zip: "ZIP",
      image: "Image",
    },
    slides: (slides) => count(slides, { one: "diapositive", other: "diapositives" }),
    sheets: (sheets) => count(sheets, { one: "feuille", other: "feuilles" }),
    chapters: (chapters) => count(chapters, { one: "chapitre", other: "chapitres" }),
    messages: (messages) => count(messages, { one: "message", other: "messages" }),
    incomplete: (pages) =>
      pages.length === 1
        ? `La page ${number(pages[0] ?? 1)} n’a pas pu être lue en entier`
        : `Les pages ${spans(pages)} n’ont pas pu être lues en entier`,
    incompleteShort: (pages) =>
      `${count(pages, { one: "page lue en partie", other: "pages lues en partie" })}`,
    open: "Bibliothèque",
    openAll: (documents) => `Les ${number(documents)} documents`,
    addFolder: "Ajouter un dossier",
    waiting: "En attente",
    opening: "Ouverture",
    reading: (page, pages) => `Lecture de la page ${number(page)} sur ${number(pages)}`,
    dismiss: (name) => `Retirer ${name} de la liste`,
    filePassword: (name) => `Mot de passe de ${name}`,
    openFile: "Ouvrir",
    added: "Ajouté",
    already: "Déjà présent",
    drop: "Déposez les fichiers pour les ajouter",
    dropNote: "Ils sont lus sur cette machine et y restent.",
  },

  shelf: {
    documents: (documents) => count(documents, { one: "document", other: "documents" }),
    shown: (shown, all) => `${number(shown)} sur ${count(all, { one: "document", other: "documents" })}`,
    filter: "Filtrer par nom",
    clear: "Afficher tous les noms",
    none: "Aucun document n’a cela dans son nom.",
    noneHere:
      "Aucun document dans cette collection pour l’instant. Sélectionnez des documents pour les y ranger, ou ajoutez des fichiers ici.",
    columns: { name: "Nom", kind: "Type", pages: "Longueur", size: "Taille", added: "Ajouté" },
    list: "Documents de la bibliothèque",
    hint: "Entrée ouvre, F2 renomme, Espace sélectionne, Suppr supprime.",
    rename: (name) => `Nouveau nom de « ${name} »`,
  },

  report: {
    label: (name) => `À propos de ${name}`,
    close: "Fermer la fiche",
    open: "Ouvrir",
    rename: "Renommer",
    readAgain: "Relire",
    rereading: "Relecture en cours…",
    erase: "Supprimer",
    kind: "Type",
    extent: "Longueur",
    language: "Langue",
    size: "Taille",
    added: "Ajouté",
    from: "Provenance",
    folder: (name) => `le dossier « ${name} »`,
    inside: (name) => `« ${name} »`,
    wasRead: "Ce qui a été lu",
    whole: "Tout a pu être lu.",
    several: (documents) =>
      count(documents, { one: "document sélectionné", other: "documents sélectionnés" }),
    notWhole: (documents) =>
      documents === 1
        ? "L’un d’eux n’a pas pu être lu en entier."
        : `${number(documents)} d’entre eux n’ont pas pu être lus en entier.`,
  },

  images: {
    here: (pages) =>
      pages.length === 1
        ? `La page ${spans(pages)} est une image : son texte n’est pas encore lu.`
        : `Les pages ${spans(pages)} sont des images : leur texte n’est pas encore lu.`,
    of: (name, pages) =>
      pages.length === 1
        ? `La page ${spans(pages)} de « ${name} » est une image : son texte n’est pas encore lu.`
        : `Les pages ${spans(pages)} de « ${name} » sont des images : leur texte n’est pas encore lu.`,
    many: (pages, documents) =>
      `${count(pages, { one: "page", other: "pages" })} de ${count(documents, { one: "document", other: "documents" })} sont des images : leur texte n’est pas encore lu.`,
  },

  collections: {
    title: "Collections",
    all: "Tous les documents",
    make: "Nouvelle collection",
    makeWith: "Nouvelle collection avec ceux-ci",
    name: "Nom de la collection",
    create: "Créer",
    rename: "Renommer la collection",
    renameAct: "Renommer",
    remove: "Retirer la collection",
    removeNote: "Ses documents restent dans la bibliothèque.",
    cancel: "Annuler",
  },

  folders: {
    title: "Dossiers suivis",
    reason: "Les fichiers nouveaux ou modifiés de ces dossiers sont repris d’eux-mêmes.",
    into: (collection) => `dans ${collection}`,
    letGo: "Ne plus suivre",
    letGoLong: (name) => `Ne plus suivre le dossier « ${name} » ; ses documents restent`,
    keep: "Suivre ce dossier",
    keepNote:
      "Ses fichiers nouveaux ou modifiés sont repris d’eux-mêmes. Pour les fichiers disparus, Aparté vous demande.",
    choose: "Choisir un dossier…",
    gone: (documents) =>
      documents === 1
        ? "Le fichier d’un document a disparu de son dossier."
        : `Les fichiers de ${number(documents)} documents ont disparu de leurs dossiers.`,
    goneKeep: "Conserver",
    goneErase: "Supprimer",
    others: (documents) => `et ${count(documents, { one: "autre", other: "autres" })}`,
  },

  intake: {
    title: "Fichiers en cours de lecture",
    progress: (done, total) => `${number(done)} ${done > 1 ? "fichiers" : "fichier"} sur ${number(total)}`,
    left: (secondsLeft) => `encore ${duration(secondsLeft)}`,
    paused: "Suspendu",
    pause: "Suspendre",
    goOn: "Reprendre",
    cancel: "Annuler",
    cancelNote: "Ce qui est déjà lu reste dans la bibliothèque.",
    resumed: "La lecture reprend là où elle en était quand Aparté s’est fermé.",
    givenUp: (kept) => {
      if (kept <= 0) return "Annulé. Aucun fichier n’était encore lu.";
      return kept === 1
        ? "Annulé. Le fichier déjà lu reste dans la bibliothèque."
        : `Annulé. Les ${number(kept)} fichiers déjà lus restent dans la bibliothèque.`;
    },
    putAway: "Retirer ce message",
    failed: (files) =>
      count(files, { one: "fichier n’a pas pu être lu", other: "fichiers n’ont pas pu être lus" }),
    more: (files) => `En afficher ${number(files)} de plus`,
    dismissAll: "Tout retirer de la liste",
    meaning: (done, passages) =>
      `Préparation de la recherche par le sens : ${count(done, { one: "passage", other: "passages" })} sur ${number(passages)}`,
    begun: (total) => `${count(total, { one: "fichier", other: "fichiers" })} à lire.`,
    quarter: (done, total) =>
      `${count(done, { one: "fichier lu", other: "fichiers lus" })} sur ${number(total)}.`,
    done: (failed) =>
      failed === 0
        ? "Tous les fichiers sont lus."
        : `Lecture terminée ; ${count(failed, { one: "fichier n’a pas pu être lu", other: "fichiers n’ont pas pu être lus" })}.`,
    nowPaused: "La lecture est suspendue.",
    wentOn: "La lecture reprend.",
  },

  settings: {
    title: "Réglages",
    close: "Fermer les réglages",
    back: "Retour aux réglages",
    general: "Général",
    language: "Langue",
    theme: "Apparence",
    themes: { system: "Système", light: "Claire", dark: "Sombre" },
    preset: "Comment le modèle choisit ses mots",
    presets: {
      careful: {
        label: "Prudent",
        note: "Toujours les plus probables ; la même question a la même réponse.",
      },
      balanced: { label: "Équilibré", note: "Les mots varient, sans rien d’improbable." },
      creative: {
        label: "Créatif",
        note: "Les mots varient librement. Les réponses reposent moins souvent sur vos documents.",
      },
    },
    limitsTitle: "Ce qui est lu d’un document",
    limits: {
      usual: {
        label: "La quantité habituelle",
        note: "Assez pour ce que l’on écrit ; un fichier hostile prend peu de mémoire et de temps.",
      },
      raised: {
        label: "Quatre fois plus",
        note: "Pour de gros fichiers de confiance : jusqu’à 256 Mo de texte, et 2 Go de mémoire pendant la lecture.",
      },
    },
    unloadAfter: "Décharger le modèle sans question depuis",
    never: "Jamais",
    minutes: (minutes) => `${number(minutes)} min`,
  },

  protection: {
    title: "Protection",
    keychain: "Trousseau",
    keychainOpens:
      "Le trousseau de cet ordinateur ouvre Aparté sans rien demander, pour quiconque utilise votre compte ici.",
    passphrase: "Phrase secrète",
    passphraseOpens: "Aparté s’ouvre avec votre phrase secrète et la demande à chaque fois.",
    setPassphrase: "Définir une phrase secrète…",
    changePassphrase: "Modifier…",
    useKeychain: "Utiliser plutôt le trousseau…",
    recovery: "Mots de secours",
    recoveryThere: "24 mots ouvrent Aparté quand rien d’autre ne l’ouvre. Gardez-les sur papier.",
    recoveryMissing: {
      passphrase: "Aucun pour l’instant. Phrase secrète oubliée, rien d’autre n’ouvre vos documents.",
      keychain: "Aucun pour l’instant. Trousseau perdu, rien d’autre n’ouvre vos documents.",
    },
    makeRecovery: "Créer des mots de secours…",
    makeRecoveryAgain: "En créer de nouveaux…",
    removeRecovery: "Retirer…",
    lockAfter: "Verrouiller en votre absence après",
    lockAlone: "Verrouillage",
    lockAloneNote:
      "Aparté ne se verrouille de lui-même que derrière une phrase secrète : le trousseau le rouvrirait sans rien demander.",
    lockAfterNote: "Aussi quand l’écran se verrouille ou que la machine se met en veille.",
    never: "Jamais",
    minutes: (minutes) => `${number(minutes)} min`,
    lockNow: "Verrouiller maintenant",
    setTitle: "Définir une phrase secrète",
    setReason:
      "Aparté la demandera à chaque ouverture, et le trousseau ne l’ouvrira plus. Elle ne peut pas être réinitialisée : créez aussi des mots de secours.",
    set: "Définir la phrase secrète",
    changeTitle: "Modifier la phrase secrète",
    changeReason: "Votre phrase secrète actuelle n’ouvrira plus que les sauvegardes déjà faites.",
    change: "Modifier la phrase secrète",
    keychainTitle: "Utiliser plutôt le trousseau",
    keychainReason:
      "Aparté s’ouvrira sans rien demander pour quiconque utilise votre compte sur cet ordinateur, et la phrase secrète n’ouvrira plus que les sauvegardes déjà faites.",
    keychainAct: "Utiliser le trousseau",
    makeTitle: "Créer des mots de secours",
    makeReason:
      "24 mots qui ouvrent Aparté quand la phrase secrète est oubliée ou le trousseau perdu. Ils ne s’affichent qu’une fois, maintenant : préparez du papier.",
    makeAgainReason:
      "24 nouveaux mots, affichés une seule fois, maintenant : préparez du papier. Vos mots actuels n’ouvriront plus que les sauvegardes déjà faites.",
    make: "Afficher les mots",
    removeTitle: "Retirer les mots de secours",
    removeReason:
      "Vos mots actuels n’ouvriront plus que les sauvegardes déjà faites. Sans eux, une phrase secrète oubliée ou un trousseau perdu est sans remède.",
    remove: "Retirer les mots",
    working: "Un instant…",
    done: {
      passphrase: "La phrase secrète est définie.",
      keychain: "Le trousseau ouvre désormais Aparté.",
      made: "Les mots de secours sont créés.",
      removed: "Les mots de secours sont retirés.",
    },
  },

  words: {
    title: "Vos mots de secours",
    reason:
      "Écrivez-les dans cet ordre et gardez le papier là où vous seul le trouvez. Quiconque a ces mots peut tout ouvrir. Ils ne seront plus affichés.",
    printed:
      "Ces 24 mots ouvrent Aparté sur cet ordinateur, et ses sauvegardes. Quiconque les a peut tout lire. Gardez cette feuille là où vous seul la trouvez.",
    copy: "Copier",
    copied: "Copié. D’autres programmes peuvent lire le presse-papiers : collez, puis copiez autre chose.",
    notCopied: "Les mots n’ont pas pu être copiés. Écrivez-les.",
    print: "Imprimer…",
    written: "Je les ai écrits",
  },

  data: {
    title: "Vos données",
    backUp: "Sauvegarder…",
    backUpTitle: "Sauvegarde",
    backUpOpens: {
      both: "Tout dans un seul fichier chiffré, que votre phrase secrète ou vos mots de secours ouvrent.",
      passphrase: "Tout dans un seul fichier chiffré, que votre phrase secrète ouvre.",
      recovery: "Tout dans un seul fichier chiffré, que vos mots de secours ouvrent.",
    },
    backUpKeeps: "Ce que vous supprimez ensuite reste dans les sauvegardes déjà faites.",
    backUpNeeds:
      "Il faut une phrase secrète ou des mots de secours pour ouvrir une sauvegarde : le trousseau reste sur cet ordinateur.",
    backedUp: "La sauvegarde est écrite.",
    export: "Exporter…",
    exportTitle: "Exportation",
    exportReason: "Tout en fichiers ordinaires pour d’autres programmes, sans chiffrement.",
    exportAskTitle: "Exporter : lisible par tous",
    exportWarning:
      "Documents, questions et réponses sont écrits en fichiers ordinaires, sans chiffrement. Quiconque accède au dossier peut les lire, et ce que vous supprimez dans Aparté y reste.",
    exportAct: "Choisir un dossier et exporter…",
    exported: "Tout est écrit.",
    working: "Écriture…",
  },

  restore: {
    offer: "Restaurer une sauvegarde…",
    title: "Restaurer une sauvegarde",
    reason:
      "Saisissez ce qui ouvrait Aparté quand la sauvegarde a été faite. Vous choisirez ensuite le fichier.",
    replaces:
      "La sauvegarde prend la place de tout ce qui est dans Aparté maintenant. Rien de cela n’est supprimé : tout est conservé, chiffré, dans un dossier à part.",
    passphrase: "Phrase secrète de la sauvegarde",
    act: "Choisir la sauvegarde…",
    working: "Restauration…",
  },

  model: {
    title: "Modèle",
    none: "Aucun modèle",
    states: {
      waiting: "En attente",
      missing: "Aucun modèle trouvé",
      ready: "Prêt",
      failed: "N’a pas pu être chargé",
      unloaded: "Hors mémoire",
      stopped: "Arrêté",
    },
    readyWithLess: "Prêt, avec des limites",
    less: {
      fewerLayersOnGpu: (layers, of) =>
        `Le processeur graphique n’a de mémoire que pour ${number(layers)} des ${number(of)} couches du modèle. Le processeur calcule les autres, plus lentement.`,
      gpuTooSmall:
        "Le processeur graphique n’a pas assez de mémoire libre pour le modèle. Le processeur le calcule, plus lentement.",
      gpuMemoryUnknown:
        "Le processeur graphique ne dit pas combien de mémoire il a. Le processeur calcule le modèle.",
      shorterContext: (given, wanted) =>
        `La mémoire libre suffit pour ${number(given)} jetons à la fois au lieu de ${number(wanted)}. Fermez d’autres programmes pour lui en laisser plus.`,
    },
    loading: (progress) => `Chargement, ${percent(progress)}`,
    here: "Fonctionne sur cette machine. Questions et documents ne sont envoyés nulle part.",
    devices: "Calcule sur",
    context: "Tient à la fois",
    tokens: (tokens) => count(tokens, { one: "jeton", other: "jetons" }),
    languages: "Connaît",
    unloadedNote:
      "Aucune question depuis un moment : il a rendu sa mémoire. La prochaine question le recharge.",
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
    formats:
      "PDF, fichiers Office et OpenDocument, pages web, livres, courriels, tableaux et textes sont lus.",
    stays: "Rien ne quitte cette machine.",
    privateTitle: "Demandez en privé",
    privateReason:
      "Cette conversation n’est conservée nulle part : elle disparaît quand Aparté est verrouillé ou fermé, et avec elle les fichiers que vous ajoutez pendant qu’elle est affichée.",
  },

  choice: {
    looksIn: "Cherche dans",
    all: (documents) => `les ${number(documents)} documents`,
    some: (chosen, documents) =>
      `${number(chosen)} document${chosen > 1 ? "s" : ""} sur ${number(documents)}`,
    none: "aucun document",
    title: "Documents où chercher",
    everything: "Tous les documents",
    filter: "Filtrer par nom",
    others: (documents) =>
      `${count(documents, { one: "autre document", other: "autres documents" })} : filtrez pour les trouver`,
    label: (looksIn) => `Cherche dans : ${looksIn}`,
  },

  composer: {
    label: "Question",
    placeholder: "Posez une question sur vos documents",
    aboutPlaceholder: "Posez une question sur ce passage",
    dropAbout: "Ne pas poser de question sur ce passage",
    send: "Demander",
    stop: "Arrêter",
    stopping: "Arrêt…",
    hint: "Entrée pour demander, Maj + Entrée pour aller à la ligne",
    stopHint: "Échap arrête la réponse ; ce qui est écrit est conservé.",
    noDocuments: "Ajoutez d’abord un document : les réponses ne viennent que de vos documents.",
    noneChosen: "Choisissez au moins un document où chercher.",
  },

  context: {
    title: "Contexte de la conversation",
    label: (taken) => `Contexte de la conversation : ${taken}`,
    taken: (used, capacity) => `${count(used, { one: "jeton", other: "jetons" })} sur ${number(capacity)}`,
    leftOutShort: (questions) => count(questions, { one: "omise", other: "omises" }),
    leftOut: (questions) =>
      questions === 1
        ? "La première question n’est plus transmise au modèle."
        : `Les ${number(questions)} premières questions ne sont plus transmises au modèle.`,
    reason:
      "Voici la part que prend la conversation dans ce que le modèle tient à la fois. Les passages trouvés et la réponse doivent aussi y trouver place.",
    earlier: "Ce que le modèle reçoit de la conversation",
    earlierChoices: {
      oldestLeftOut: "Autant qu’il en tient ; les premières questions sont omises d’abord",
      noneTold: "Seulement la question elle-même",
    },
  },

  conversation: {
    label: "Conversation",
    untitled: "Nouvelle conversation",
    opening: "Ouverture de la conversation…",
    earlier: (exchanges) => `Afficher les questions précédentes (${number(exchanges)})`,
    showAll: (characters) => `Afficher toute la question (${number(characters)} caractères)`,
    lost: (messages) =>
      messages === 1
        ? "Un message qui se trouvait ici est endommagé ou perdu. Une sauvegarde peut l’avoir."
        : `${number(messages)} messages qui se trouvaient ici sont endommagés ou perdus. Une sauvegarde peut les avoir.`,
    unanswered: "Cette question n’a pas de réponse.",
    again: "Poser de nouveau",
    tryAgain: "Réessayer",
    toEnd: "Aller à la fin",
    private: "Privée : conservée nulle part, elle disparaît quand Aparté est verrouillé ou fermé.",
    untitledPrivate: "Conversation privée",
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

  thinking: {
    label: "Ce que le modèle a pensé",
    goesOn: (passed) => `Réflexion… ${number(passed)} s`,
    took: (milliseconds) => `Réflexion de ${seconds(milliseconds)} s`,
  },

  answer: {
    sources: "Sources",
    nearest: "Les passages les plus proches",
    mark: (sourceNumber, place, standing) => `Source ${number(sourceNumber)} : ${place}, ${standing}`,
    page: (page) => `page ${number(page)}`,
    verified: "vérifiée",
    unverified: "introuvable dans la source",
    removed: "plus dans la bibliothèque",
    verifiedNote: "Ces mots figurent bien sur cette page.",
    unverifiedNote: "Ces mots n’ont pas été trouvés sur cette page. Lisez-la avant de vous y fier.",
    doubt: "sans source",
    doubtNote: "Rien dans les documents n’étaye cette phrase.",
    corrected: "citation corrigée",
    correctedNote: "Le modèle avait cité ce passage un peu autrement. Ce sont ici les mots du document.",
    stopped: "Vous avez arrêté cette réponse.",
    interrupted: "Le moteur s’est arrêté ; ce qu’il avait écrit est conservé.",
    length: "Cette réponse a été coupée à sa longueur maximale.",
    details: "Détails",
    speed: (tokensPerSecond) => `${number(tokensPerSecond)} jetons/s`,
    firstWord: (milliseconds) => `premier mot après ${seconds(milliseconds)} s`,
    total: (milliseconds) => `${seconds(milliseconds)} s en tout`,
    whole: (given) =>
      given?.pages
        ? `texte entier lu (${count(given.pages, { one: "page", other: "pages" })})`
        : "texte entier lu",
    parts: (given) => {
      if (!given) return "meilleurs passages lus";
      const read = count(given.passages, { one: "passage lu", other: "passages lus" });
      return given.pages
        ? `${read} sur ${count(given.pages, { one: "page", other: "pages" })}`
        : `${read} sur ${number(given.ofPassages)}`;
    },
    notAsked: "le modèle n’a pas été interrogé",
    image: "image non chargée",
  },

  listing: {
    label: "Tout ce que la question demande",
    offer: "Tout chercher",
    planning: "Estimation de la durée…",
    loading: (percent) => `Chargement du modèle : ${number(percent)} %`,
    looking: "Parcours des pages…",
    looked: (done, total) => `Parcours des pages : ${number(done)} sur ${number(total)}`,
    judged: (done, total, leftMs) =>
      `Le modèle juge : ${number(done)} sur ${count(total, { one: "passage", other: "passages" })}, reste ${duration(leftMs / 1000)}`,
    plan: (toJudge, passages, expectedMs) =>
      `Les mots seuls n’en décident pas. Le modèle doit juger ${number(toJudge)} des ${count(passages, { one: "passage", other: "passages" })}, ${duration(expectedMs / 1000)}. Vous pouvez arrêter à tout moment et reprendre plus tard.`,
    begin: "Commencer",
    stop: "Arrêter",
    goOn: "Reprendre",
    again: "Réessayer",
    close: "Fermer la liste",
    copy: "Copier en tableau",
    copied: "Copié",
    askInstead: "Demander plutôt une réponse",
    more: (rest) => `Afficher plus (${number(rest)})`,
    times: (times) => `${number(times)} fois`,
    columns: { found: "Trouvé", document: "Document", place: "Endroit", quote: "Citation" },
    count: (counted, found, mentions) => {
      if (found === 0) return "Rien n’a été trouvé";
      if (counted === "mentions") return count(found, { one: "mention", other: "mentions" });
      const nouns = {
        items: { one: "élément trouvé", other: "éléments trouvés" },
        sentences: { one: "phrase", other: "phrases" },
        sections: { one: "section", other: "sections" },
        pages: { one: "page", other: "pages" },
      };
      const told = count(found, nouns[counted]);
      return mentions > found ? `${told}, ${number(mentions)} mentions` : told;
    },
    coverage: ({ pages, unread, passages, toJudge, judged, decided }) => {
      const read = `${count(pages - unread.length, { one: "page parcourue", other: "pages parcourues" })} sur ${number(pages)}.`;
      if (decided === "byWords")
        return `${read} Les mots et les nombres en ont décidé, sur toutes les pages.`;
      if (decided === "byModelAmongFound") {
        return `${read} Le modèle a jugé ${number(judged)} des ${number(toJudge)} que les mots ont trouvés.`;
      }
      return `${read} Le modèle a jugé ${number(judged)} des ${number(toJudge)} passages les plus proches, sur ${number(passages)}.`;
    },
    pagesOf: (name, pages) => `${name}, p. ${spans(pages)}`,
    unread: (list) => `Pas lu, ou pas entièrement : ${list}.`,
    foreign: (passages) =>
      `Dans une langue que le modèle ne connaît pas, et pas jugé : ${count(passages, { one: "passage", other: "passages" })}.`,
    left: (passages) => `Pas encore jugé : ${count(passages, { one: "passage", other: "passages" })}.`,
    unlisted: (mentions) =>
      `Compté sans être listé : ${count(mentions, { one: "mention", other: "mentions" })}. Demandez-en moins pour tout voir.`,
  },

  summary: {
    title: "Résumé",
    list: "Résumés",
    of: (name) => `Résumé de « ${name} »`,
    together: (documents) => `${number(documents)} documents ensemble`,
    make: "Résumer",
    makeDocument: "Résumer ce document",
    makeCollection: "Résumer la collection",
    close: "Ranger ce résumé",
    closeLong: (name) => `Ranger le résumé de « ${name} »`,
    share: (read) => percent(read),
    reads: (pages, documents) =>
      documents === 1
        ? `Chaque page est lue, partie par partie : ${count(pages, { one: "page", other: "pages" })}.`
        : `Chaque page de ${number(documents)} documents est lue, partie par partie : ${count(pages, { one: "page", other: "pages" })}.`,
    meanwhile:
      "Vous pouvez poser des questions pendant ce temps, faire une pause et reprendre plus tard. La durée est annoncée dès que les premières parties sont lues.",
    foreign: (model, unknown) =>
      `Le modèle ${model} ne connaît pas ${unknown.map((each) => theLanguages[each]).join(" ni ")}, et ne peut pas résumer ce qui est écrit dans cette langue.`,
    length: "Longueur",
    lengths: {
      brief: {
        label: "Bref",
        note: "Quelques phrases sur l’ensemble.",
        several: "Quelques phrases sur l’ensemble, et une sur chaque document.",
      },
      standard: {
        label: "Normal",
        note: "Un peu plus, et quelques phrases sur chacune des huit grandes parties au plus.",
        several: "Un peu plus, et quelques phrases sur chaque document.",
      },
      detailed: {
        label: "Détaillé",
        note: "Davantage encore, et quelques phrases sur chaque partie.",
        several: "Davantage encore, et quelques phrases sur chaque partie de chaque document.",
      },
    },
    style: "Forme",
    styles: {
      prose: { label: "Texte suivi", note: "Les phrases les unes après les autres." },
      bullets: { label: "Liste", note: "Chaque phrase sur sa propre ligne." },
      executive: {
        label: "Note de synthèse",
        note: "Le sujet, les principaux faits et chiffres, et ce qui est à décider.",
      },
      minutes: {
        label: "Compte rendu",
        note: "Les décisions, qui fait quoi pour quand, les personnes et les dates.",
      },
    },
    focus: "Point de vue",
    focusNote: "Ce dont il doit parler avant tout, dans vos mots. Laissez vide pour tout.",
    focusExample: "pour la commission des finances",
    language: "Langue",
    languageOfDocument: "Celle du document",
    onlyKnows: (model, known) =>
      `Le modèle ${model} n’écrit que ${known.map((each) => theLanguages[each]).join(" et ")}.`,
    begin: "Résumer",
    cancel: "Annuler",
    reuses: "Ce qui a été lu sert de nouveau : seule la fin est récrite.",
    readsAgain: "Cela demande autre chose de chaque partie : le document est relu.",
    loading: (done) => `Chargement du modèle : ${percent(done)}`,
    starting: "Préparation…",
    cutting: (page, pages) => `Découpage en parties : page ${number(page)} sur ${number(pages)}`,
    reading: (done, total) =>
      `${count(done, { one: "partie lue", other: "parties lues" })} sur ${number(total)}`,
    merging: "Toutes les parties sont lues. Le résumé s’écrit.",
    left: (leftMs) => (leftMs === null ? "durée pas encore connue" : `encore ${duration(leftMs / 1000)}`),
    pause: "Mettre en pause",
    pausing: "Mise en pause…",
    goOn: "Reprendre",
    tryAgain: "Réessayer",
    first: "Ce qui a été lu jusqu’ici, partie par partie. Le résumé lui-même vient quand tout est lu.",
    paused: "En pause. Voici ce qui a été lu jusqu’ici ; ce n’est pas relu.",
    pausedEmpty: "En pause, avant que rien n’ait été lu.",
    interrupted: "Le moteur s’est arrêté. Voici ce qui a été lu jusqu’ici ; ce n’est pas relu.",
    cutShort: "Le résumé a été coupé à sa plus grande longueur.",
    notWhole: "Ce résumé n’est pas entier : il s’est arrêté avant la fin.",
    notKept:
      "Ce qui a été lu n’a pas pu être gardé, et sera relu la prochaine fois. Faites de la place sur le disque.",
    change: "Modifier…",
    changeNote: "Autre longueur, forme, langue ou point de vue",
    ask: "Poser une question",
    copy: "Copier avec les sources",
    copied: "Copié",
    print: "Imprimer",
    export: "Exporter",
    formats: {
      docx: "Word (.docx)",
      pdf: "PDF (.pdf)",
      html: "Page web (.html)",
      markdown: "Texte avec notes (.md)",
    },
    exportNote: "Le fichier n’est pas chiffré : qui l’obtient peut le lire.",
    exported: "Le fichier est écrit.",
    versions: "Déjà fait",
    unfinished: "inachevé",
    forgetVersion: (wish) => `Oublier cette version : ${wish}`,
    wasCut: (wish) => `Ce résumé n’a pas été achevé : ${wish}. Ce qui a été lu est gardé et n’est pas relu.`,
    focused: (focus) => `Point de vue : ${focus}`,
    whole: "L’ensemble",
    pages: (from, to) => (from === to ? `page ${number(from)}` : `pages ${number(from)} à ${number(to)}`),
    pagesShort: (from, to) => (from === to ? `p. ${number(from)}` : `p. ${number(from)}–${number(to)}`),
    quote: (text) => `« ${text} »`,
    quoted: "mots du document",
    quotedNote:
      "Rien de ce que le modèle a écrit sur cette partie n’est étayé : ce sont donc les mots du document.",
    unknownNote: "Cela ne figure pas sur la page citée.",
    unknownNowhere: "Cela ne figure nulle part dans ce dont la phrase a été tirée.",
    unknown: (found) => `absent du document : ${found.join(", ")}`,
    coverage: "Ce qu’il couvre",
    read: ({ read, outline, pages, unread, documents }) => {
      const sections = `${count(read, { one: "partie lue", other: "parties lues" })} sur ${number(outline.length)}`;
      const whole = `${count(pages - unread.length, { one: "page a pu être lue entièrement", other: "pages ont pu être lues entièrement" })} sur ${number(pages)}`;
      const of = documents.length > 1 ? `, dans ${number(documents.length)} documents` : "";
      return `${sections}${of} ; ${whole}.`;
    },
    shown: ({ shown, outline }) =>
      `Les phrases ci-dessus reposent sur ${count(shown, { one: "partie", other: "parties" })} sur ${number(outline.length)}.`,
    leftOut: (sections) =>
      `Lu, mais absent de ce résumé à cause de sa longueur ou parce que rien de ce qui en a été écrit n’est étayé : ${count(sections, { one: "partie", other: "parties" })}.`,
    standing: (unsupported, sentences) =>
      unsupported === 0
        ? sentences === 1
          ? "Sa seule phrase a une source."
          : `Chacune de ses phrases (${number(sentences)}) a une source.`
        : `${count(unsupported, { one: "phrase", other: "phrases" })} sur ${number(sentences)} sans source.`,
    sources: (sources) =>
      `${count(sources, { one: "endroit est cité", other: "endroits différents sont cités" })}.`,
    unread: (pages, why) =>
      pages.length === 1
        ? `La page ${spans(pages)} n’a pas été lue, ou pas entièrement : ${why}.`
        : `Les pages ${spans(pages)} n’ont pas été lues, ou pas entièrement : ${why}.`,
    why: {
      onlyImages: "des images dont le texte n’est pas reconnu",
      blank: "rien n’y figure",
      damaged: "contenu endommagé",
      unmapped: "des polices qui ne disent pas quelles lettres elles dessinent",
    },
    named: (name, what) => `${name} : ${what}`,
    took: (milliseconds, known) => {
      const told = `Fait en ${milliseconds < 60_000 ? `${seconds(milliseconds)} s` : count(Math.round(milliseconds / 60_000), { one: "minute", other: "minutes" })}`;
      return known === 0
        ? `${told}.`
        : `${told} ; ${count(known, { one: "note était connue", other: "notes étaient connues" })} d’avant.`;
    },
    outline: "Plan",
    outlineNote: "Un clic ouvre la page.",
    standings: {
      waiting: "pas encore lu",
      unread: "pas lu",
      read: "lu",
      shown: "dans le résumé",
      leftOut: "lu, absent du résumé",
    },
    inOutline: (what, standing) => `${what}, ${standing}`,
    quarters: [
      "Le résumé a commencé.",
      "Un quart des parties est lu.",
      "La moitié des parties est lue.",
      "Les trois quarts des parties sont lus.",
      "Toutes les parties sont lues.",
    ],
    finished: (sentences, sources) =>
      `Le résumé est là : ${count(sentences, { one: "phrase", other: "phrases" })}, ${count(sources, { one: "source", other: "sources" })}.`,
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
    resultOf: (position, total) => `Résultat ${number(position)} sur ${number(total)}`,
    previousResult: "Résultat précédent",
    nextResult: "Résultat suivant",
    width: "Largeur de la source",
    lookup: "Rechercher dans ce document",
    notFound: "Rien n’a été trouvé",
    placeOf: (position, total, cut) => `${number(position)} sur ${number(total)}${cut ? " ou plus" : ""}`,
    previousPlace: "Occurrence précédente",
    nextPlace: "Occurrence suivante",
    endLookup: "Terminer la recherche",
    selection: "Mots sélectionnés",
    askAbout: "Interroger ce passage",
    copyWithSource: "Copier avec la source",
    removed: "Ce document n’est plus dans la bibliothèque. Ces mots ont été conservés avec la réponse\u202f:",
    opening: "Ouverture de la page…",
    incomplete: "Une partie de cette page n’a pas pu être lue.",
    blank: "Cette page ne contient pas de texte.",
    text: "Texte de la page",
    pageNumber: "Numéro de page",
    ofPages: (pages) => `sur ${number(pages)}`,
    larger: "Agrandir la page",
    smaller: "Réduire la page",
    asText: "Texte",
    asTextNote: "Afficher le texte de la page à la place de la page",
    trouble: {
      missing: "L’original de ce document n’est plus là. Voici le texte de la page à la place.",
      password: "Ce PDF demande un mot de passe pour être affiché. Voici le texte de la page à la place.",
      damaged:
        "Cette page ne peut pas être dessinée, car son fichier est endommagé. Voici le texte de la page à la place.",
      picture:
        "Les images de ce type ne peuvent être ni affichées ni lues ici. Enregistrez-la en PNG ou en JPEG, et ajoutez ce fichier.",
      large:
        "Cette image a plus de 100 millions de pixels. Enregistrez-la en plus petit, et ajoutez ce fichier.",
      slow: "Cette page a été abandonnée : elle était trop longue à dessiner. Voici le texte de la page à la place.",
    },
    recognised: (sure) => `Texte lu dans une image, sûr à ${percent(sure)}`,
    nothingRecognised: "Aucun texte n’a été trouvé dans cette image",
  },

  ocr: {
    offer: (pages) =>
      pages.length === 1
        ? `La page ${spans(pages)} est une image : la lire par reconnaissance de caractères ?`
        : `Les pages ${spans(pages)} sont des images : les lire par reconnaissance de caractères ?`,
    read: "Lire par reconnaissance de caractères",
    note: "Sur cette machine, page par page ; vous pouvez continuer pendant ce temps.",
    progress: (done, total) =>
      `Reconnaissance de caractères : ${number(done)} sur ${count(total, { one: "page", other: "pages" })}`,
    left: (minutes) => (minutes < 1 ? "moins d’une minute" : `environ ${number(minutes)} min`),
    waiting: "En attente de reconnaissance de caractères",
    paused: "En pause",
    pause: "Suspendre",
    goOn: "Reprendre",
    cancel: "Annuler",
    cancelNote: "Les pages déjà lues restent lues",
    failed: (name) =>
      `La reconnaissance de caractères de « ${name} » s’est arrêtée avant la fin. Ce qui a été lu est gardé ; réessayez pour le reste.`,
  },
};
