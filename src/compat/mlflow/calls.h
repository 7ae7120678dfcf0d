#pragma once

#include "compat/mlflow/mlflow.h"
#include "http/message.h"

/// Every call of the wire. Each reads a request, asks one service and writes the answer.
namespace orrery::compat::mlflow {

using Call = http::Response (*)(const Services& services, http::Request& request);

#define ORRERY_MLFLOW_CALL(name) http::Response name(const Services& services, http::Request& request)

// experiments.cc
ORRERY_MLFLOW_CALL(CreateExperiment);
ORRERY_MLFLOW_CALL(GetExperiment);
ORRERY_MLFLOW_CALL(GetExperimentByName);
ORRERY_MLFLOW_CALL(SearchExperiments);
ORRERY_MLFLOW_CALL(UpdateExperiment);
ORRERY_MLFLOW_CALL(DeleteExperiment);
ORRERY_MLFLOW_CALL(RestoreExperiment);
ORRERY_MLFLOW_CALL(SetExperimentTag);
ORRERY_MLFLOW_CALL(DeleteExperimentTag);
ORRERY_MLFLOW_CALL(SearchDatasets);

// runs.cc
ORRERY_MLFLOW_CALL(CreateRun);
ORRERY_MLFLOW_CALL(GetRun);
ORRERY_MLFLOW_CALL(UpdateRun);
ORRERY_MLFLOW_CALL(DeleteRun);
ORRERY_MLFLOW_CALL(RestoreRun);
ORRERY_MLFLOW_CALL(LogParameter);
ORRERY_MLFLOW_CALL(SetTag);
ORRERY_MLFLOW_CALL(DeleteTag);
ORRERY_MLFLOW_CALL(LogInputs);
ORRERY_MLFLOW_CALL(LogOutputs);
ORRERY_MLFLOW_CALL(LogModel);

// metrics.cc
ORRERY_MLFLOW_CALL(LogMetric);
ORRERY_MLFLOW_CALL(LogBatch);
ORRERY_MLFLOW_CALL(GetHistory);
ORRERY_MLFLOW_CALL(GetHistoryBulk);
ORRERY_MLFLOW_CALL(GetHistoryBulkInterval);

// search.cc
ORRERY_MLFLOW_CALL(SearchRuns);

// artifacts.cc
ORRERY_MLFLOW_CALL(ListArtifacts);
ORRERY_MLFLOW_CALL(GetRunArtifact);
ORRERY_MLFLOW_CALL(UploadRunArtifact);
ORRERY_MLFLOW_CALL(GetVersionArtifact);
ORRERY_MLFLOW_CALL(ListModelArtifacts);
ORRERY_MLFLOW_CALL(GetModelArtifact);

// traces.cc
ORRERY_MLFLOW_CALL(StartTrace);
ORRERY_MLFLOW_CALL(GetTraceInfo);
ORRERY_MLFLOW_CALL(GetTrace);
ORRERY_MLFLOW_CALL(GetTraces);
ORRERY_MLFLOW_CALL(GetTraceInfos);
ORRERY_MLFLOW_CALL(SearchTraces);
ORRERY_MLFLOW_CALL(SetTraceTag);
ORRERY_MLFLOW_CALL(DeleteTraceTag);
ORRERY_MLFLOW_CALL(DeleteTraces);
ORRERY_MLFLOW_CALL(LinkTracesToRun);
ORRERY_MLFLOW_CALL(ExportSpans);

// artifact_proxy.cc
ORRERY_MLFLOW_CALL(PutProxied);
ORRERY_MLFLOW_CALL(GetProxied);
ORRERY_MLFLOW_CALL(ListProxied);
ORRERY_MLFLOW_CALL(DeleteProxied);
ORRERY_MLFLOW_CALL(RefusePresignedDownload);
ORRERY_MLFLOW_CALL(RefusePresigned);

// multipart.cc
ORRERY_MLFLOW_CALL(BeginMultipart);
ORRERY_MLFLOW_CALL(PutPart);
ORRERY_MLFLOW_CALL(CompleteMultipart);
ORRERY_MLFLOW_CALL(AbortMultipart);

// logged_models.cc
ORRERY_MLFLOW_CALL(CreateLoggedModel);
ORRERY_MLFLOW_CALL(GetLoggedModel);
ORRERY_MLFLOW_CALL(FinalizeLoggedModel);
ORRERY_MLFLOW_CALL(DeleteLoggedModel);
ORRERY_MLFLOW_CALL(SearchLoggedModels);
ORRERY_MLFLOW_CALL(SetLoggedModelTags);
ORRERY_MLFLOW_CALL(DeleteLoggedModelTag);
ORRERY_MLFLOW_CALL(LogLoggedModelParams);

// registered_models.cc
ORRERY_MLFLOW_CALL(CreateRegisteredModel);
ORRERY_MLFLOW_CALL(GetRegisteredModel);
ORRERY_MLFLOW_CALL(UpdateRegisteredModel);
ORRERY_MLFLOW_CALL(RenameRegisteredModel);
ORRERY_MLFLOW_CALL(DeleteRegisteredModel);
ORRERY_MLFLOW_CALL(SearchRegisteredModels);
ORRERY_MLFLOW_CALL(GetLatestVersions);
ORRERY_MLFLOW_CALL(SetRegisteredModelTag);
ORRERY_MLFLOW_CALL(DeleteRegisteredModelTag);
ORRERY_MLFLOW_CALL(SetAlias);
ORRERY_MLFLOW_CALL(DeleteAlias);
ORRERY_MLFLOW_CALL(GetVersionByAlias);

// model_versions.cc
ORRERY_MLFLOW_CALL(CreateModelVersion);
ORRERY_MLFLOW_CALL(GetModelVersion);
ORRERY_MLFLOW_CALL(UpdateModelVersion);
ORRERY_MLFLOW_CALL(DeleteModelVersion);
ORRERY_MLFLOW_CALL(TransitionStage);
ORRERY_MLFLOW_CALL(SearchModelVersions);
ORRERY_MLFLOW_CALL(GetDownloadUri);
ORRERY_MLFLOW_CALL(SetVersionTag);
ORRERY_MLFLOW_CALL(DeleteVersionTag);

// misc.cc
ORRERY_MLFLOW_CALL(Health);
ORRERY_MLFLOW_CALL(Version);
ORRERY_MLFLOW_CALL(ServerInfo);

#undef ORRERY_MLFLOW_CALL

}  // namespace orrery::compat::mlflow
