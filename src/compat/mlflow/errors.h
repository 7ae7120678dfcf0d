#pragma once

#include "http/errors.h"

namespace orrery::compat::mlflow {

/// Gives a failure MLflow's form: {"error_code":"RESOURCE_DOES_NOT_EXIST","message":"..."} with the status
/// that its server answers. An unknown path gets HTML, from which the client concludes ENDPOINT_NOT_FOUND.
http::Response RenderError(const http::Failure& failure);

}  // namespace orrery::compat::mlflow
