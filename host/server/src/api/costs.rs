//! What models cost.

use aide::axum::ApiRouter;
use axum::Json;
use axum::extract::State;
use stepwell_engine::{Cost, WantedCost};

use super::exchange::Answer;
use crate::App;
use crate::asked::Query;

pub(super) fn router() -> ApiRouter<App> {
    operations! { "calls":
        get_with "/cost" cost = "get_cost",
            "What models cost, by run, step, item, prompt, model, provider or day";
    }
}

async fn cost(State(app): State<App>, Query(wanted): Query<WantedCost>) -> Answer<Cost> {
    Ok(Json(app.engine.cost(&wanted).await?))
}
