const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])|[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/** What a container printed, without what is meant for terminals. */
export const clean = (text: string) => text.replace(ESCAPES, "");
