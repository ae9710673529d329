// Pages that others wrote.

/** A page behind glass: no script, no form, no origin, nothing from elsewhere. */
export function glassed(source: string): string {
  const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:";
  return `<!doctype html><meta http-equiv="Content-Security-Policy" content="${policy}">${source}`;
}
