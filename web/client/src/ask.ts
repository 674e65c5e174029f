/** One call of a door: JSON, or the problem that it answers (RFC 9457). */

export interface Problem {
  status: number;
  title: string;
  detail?: string | null;
  errors?: { field: string; reason: string }[];
}

/** The door said no, or nothing: then the status is 0. */
export class NotAnswered extends Error {
  constructor(
    readonly problem: Problem,
    readonly retryAfter: number | null = null,
  ) {
    super(`${problem.status} ${problem.title}`);
  }

  get status(): number {
    return this.problem.status;
  }
}

export async function ask<T>(url: string, how: RequestInit = {}, call: typeof fetch = fetch): Promise<T> {
  return (await answered(url, how, call)).json() as Promise<T>;
}

export async function answered(url: string, how: RequestInit, call: typeof fetch): Promise<Response> {
  let answer: Response;
  try {
    answer = await call(url, { credentials: "same-origin", ...how });
  } catch (failure) {
    if (how.signal?.aborted) throw failure;
    throw new NotAnswered({ status: 0, title: "No answer" });
  }
  if (answer.ok) return answer;
  const wait = Number(answer.headers.get("retry-after"));
  const problem = await answer.json().catch(() => null);
  const said = { status: answer.status, title: String(problem?.title ?? answer.status), detail: problem?.detail ?? null, ...(problem?.errors && { errors: problem.errors }) };
  throw new NotAnswered(said, wait > 0 ? wait : null);
}
