// What goes over the wire, as the API's own description says.

import type { components } from "../../.shapes/api";

type Schemas = components["schemas"];

export type Applied = Schemas["Applied"];
export type Artifact = Schemas["Artifact"];
export type ArtifactList = Schemas["ArtifactList"];
export type Backfill = Schemas["Backfill"];
export type BackfillForm = Schemas["BackfillForm"];
export type BackfillList = Schemas["BackfillList"];
export type BackfillPreview = Schemas["BackfillPreview"];
export type ComparedSide = Schemas["ComparedSide"];
export type ComparedTask = Schemas["ComparedTask"];
export type Comparison = Schemas["Comparison"];
export type Deployment = Schemas["Deployment"];
export type DeploymentForm = Schemas["DeploymentForm"];
export type DeploymentList = Schemas["DeploymentList"];
export type DeploymentParameters = Schemas["DeploymentParameters"];
export type Details = Schemas["Details"];
export type EdgeWords = Schemas["EdgeWords"];
export type ErrorAnswer = Schemas["ErrorAnswer"];
export type Graph = Schemas["Graph"];
export type Grid = Schemas["Grid"];
export type GridCell = Schemas["GridCell"];
export type LogEntry = Schemas["LogEntry"];
export type LogPage = Schemas["LogPage"];
export type NotebookParameter = Schemas["NotebookParameter"];
export type NotebookParameters = Schemas["NotebookParameters"];
export type Opened = Schemas["Opened"];
export type Overview = Schemas["Overview"];
export type Preview = Schemas["Preview"];
export type Progress = Schemas["Progress"];
export type Queued = Schemas["Queued"];
export type Question = Schemas["Question"];
export type ResumePreview = Schemas["ResumePreview"];
export type Run = Schemas["Run"];
export type RunBrief = Schemas["RunBrief"];
export type RunDetail = Schemas["RunDetail"];
export type RunPage = Schemas["RunPage"];
export type Schedule = Schemas["Schedule"];
export type ScheduleForm = Schemas["ScheduleForm"];
export type ScheduleList = Schemas["ScheduleList"];
export type Settings = Schemas["Settings"];
export type Started = Schemas["Started"];
export type TaskPage = Schemas["TaskPage"];
export type TaskRow = Schemas["TaskRow"];
export type Timeline = Schemas["Timeline"];
export type Why = Schemas["Why"];

/** What the websocket says. */
export type LiveEvent =
  | Schemas["Hello"]
  | Schemas["Followed"]
  | Schemas["RunChanged"]
  | Schemas["DeploymentsChanged"]
  | Schemas["Trouble"]
  | Schemas["Recovered"]
  | Schemas["Lagging"];
