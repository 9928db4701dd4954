/** What the review screen asks of the service. */
import { api, done } from "../api/client";
import type { Cells, Corrected, Photograph, Trail, Wanted } from "./types";

export interface ReviewApi {
  photograph(): Promise<Photograph>;
  cells(): Promise<Cells>;
  /** The cells of any count of the photograph as the program found them. */
  cellsFound(count: string): Promise<Cells>;
  correctionsSince(revision: number): Promise<Trail>;
  correct(wanted: Wanted): Promise<Corrected>;
  recount(counter: string): Promise<Photograph>;
  /** Show another count of the photograph from now on. */
  show(count: string): Promise<Photograph>;
}

export function reviewApi(photograph: string): ReviewApi {
  const params = { path: { photograph } };
  return {
    photograph: () => done(api.GET("/api/photographs/{photograph}", { params })),
    cells: () => done(api.GET("/api/photographs/{photograph}/cells", { params })),
    cellsFound: (count) => done(api.GET("/api/counts/{count}/cells", { params: { path: { count } } })),
    correctionsSince: (since) =>
      done(api.GET("/api/photographs/{photograph}/corrections", { params: { ...params, query: { since } } })),
    correct: (body) => done(api.POST("/api/photographs/{photograph}/corrections", { params, body })),
    recount: (counter) =>
      done(api.POST("/api/photographs/{photograph}/count", { params, body: { settings: { counter } } })),
    show: (count) => done(api.PUT("/api/photographs/{photograph}/shown", { params, body: { count } })),
  };
}
