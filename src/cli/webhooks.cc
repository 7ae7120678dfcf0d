#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "cli/client.h"
#include "cli/context.h"
#include "cli/help.h"
#include "cli/job_text.h"
#include "cli/table.h"
#include "events/webhook.h"

namespace orrery::cli {
namespace {

using events::Webhook;
using events::WebhookState;

constexpr const char* kAll = "/api/v1/webhooks";

std::string Target(const std::string& id) {
  return std::string(kAll) + "/" + net::EncodeComponent(id);
}

Tint TintOf(WebhookState state) {
  switch (state) {
    case WebhookState::kActive:
      return Tint::kGreen;
    case WebhookState::kRetrying:
      return Tint::kYellow;
    case WebhookState::kPaused:
      return Tint::kRed;
    case WebhookState::kDisabled:
      break;
  }
  return Tint::kDim;
}

std::string Joined(const std::vector<std::string>& types) {
  std::string text;
  for (const std::string& type : types) text += (text.empty() ? "" : " ") + type;
  return text;
}

/// What is the matter, and when it is tried again.
std::string TroubleOf(const Webhook& webhook, Instant now) {
  std::string text = webhook.reason.value_or("");
  if (webhook.next_retry_at && *webhook.next_retry_at > now) {
    const double seconds = std::chrono::duration<double>(*webhook.next_retry_at - now).count();
    text += "; tried again in " + DurationText(seconds);
  }
  return text;
}

void PrintList(Context& context) {
  Client client(context);
  const std::string text = client.GetText(kAll);
  if (context.json) {
    context.out << text << "\n";
    return;
  }
  const auto list = FromJson<events::WebhookList, Reading::kLenient>(text);
  if (list.webhooks.empty()) {
    context.out << "No webhooks. Add one: orrery webhooks add https://HOST/PATH --type \"job_*\"\n";
    return;
  }
  const Instant now = context.clock.Now();
  using Room = Table::Room;
  Table table({{"WEBHOOK"},
               {.title = "URL", .room = Room::kCut},
               {"STATE"},
               {"WAITING", Table::Align::kRight},
               {.title = "DELIVERED", .room = Room::kSpare},
               {.title = "TYPES", .room = Room::kSpare},
               {.title = "REASON", .room = Room::kSpare}});
  for (const Webhook& webhook : list.webhooks) {
    table.Add({{webhook.id.text()},
               {webhook.url},
               {EnumName(webhook.state), TintOf(webhook.state)},
               {std::to_string(webhook.events_waiting)},
               {webhook.last_delivered_at ? AgoText(*webhook.last_delivered_at, now) : "never"},
               {Joined(webhook.types)},
               {TroubleOf(webhook, now), Tint::kDim}});
  }
  context.out << table.Text(context.terminal);
}

void Add(const events::NewWebhook& webhook, Context& context) {
  Client client(context);
  const std::string text = client.PostText(kAll, ToJson(webhook));
  if (context.json) {
    context.out << text << "\n";
    return;
  }
  const auto created = FromJson<Webhook, Reading::kLenient>(text);
  context.out << "Webhook " << created.id.text() << "\n"
              << "Secret  " << created.secret.value_or("") << "\n"
              << "The secret is shown this once: deliveries are signed with it.\n";
}

void Remove(const std::string& id, Context& context) {
  Client client(context);
  const std::string text = client.DeleteText(Target(id));
  if (context.json) {
    context.out << text << "\n";
  } else {
    context.out << "Webhook " << id << " is removed.\n";
  }
}

void Enable(const std::string& id, bool enabled, Context& context) {
  Client client(context);
  const std::string text = client.PatchText(Target(id), ToJson(events::WebhookChange{.enabled = enabled}));
  if (context.json) {
    context.out << text << "\n";
    return;
  }
  const auto webhook = FromJson<Webhook, Reading::kLenient>(text);
  context.out << "Webhook " << id << " is " << EnumName(webhook.state) << "; " << webhook.events_waiting
              << (webhook.events_waiting == 1 ? " event waits.\n" : " events wait.\n");
}

void Test(const std::string& id, Context& context) {
  Client client(context);
  const std::string text = client.PostText(Target(id) + "/test", "");
  const auto delivery = FromJson<events::Delivery, Reading::kLenient>(text);
  if (!delivery.delivered) context.exit_code = kFailed;
  if (context.json) {
    context.out << text << "\n";
  } else if (delivery.delivered) {
    context.out << "Delivered: the receiver answered " << delivery.status.value_or(0) << ".\n";
  } else {
    context.out << "Not delivered: " << delivery.error.value_or("") << "\n";
  }
}

}  // namespace

void AddWebhooks(CLI::App& app, Context& context) {
  CLI::App* webhooks = app.add_subcommand("webhooks", "Post events to URLs: list, add, test, remove.");
  webhooks->footer(
      HelpFooter("  orrery webhooks add https://hooks.example.org/jobs --type \"job_*\"\n"
                 "  orrery webhooks test 5d0c1c7e9a6f4f0c8d3e1b2a49587601"));
  const auto webhook = std::make_shared<events::NewWebhook>();
  CLI::App* add = webhooks->add_subcommand("add", "Have events posted to a URL from now on.");
  add->footer(HelpFooter("  orrery webhooks add https://hooks.example.org/jobs --type job_failed"));
  add->add_option("url", webhook->url, "Where to post: https; http where the server allows it.")
      ->required()
      ->type_name("");
  add->add_option(
         "--type", webhook->types,
         "A type of events (job_failed), or a beginning (\"job_*\"); may be repeated [default: all].")
      ->type_name("TYPE")
      ->allow_extra_args(false);
  add->callback([webhook, &context] { Add(*webhook, context); });

  const auto id = std::make_shared<std::string>();
  const auto on_one = [&](const char* name, const char* what, auto call) {
    CLI::App* command = webhooks->add_subcommand(name, what);
    command->footer(
        HelpFooter(std::string("  orrery webhooks ") + name + " 5d0c1c7e9a6f4f0c8d3e1b2a49587601"));
    command->add_option("webhook", *id, "The webhook's id.")->required()->type_name("");
    command->callback([id, call, &context] { call(*id, context); });
  };
  on_one("test", "Send a test event now and tell how it went.", Test);
  on_one("disable", "Send nothing until it is enabled again.",
         [](const std::string& one, Context& with) { Enable(one, false, with); });
  on_one("enable", "Go on with the first event that was not acknowledged; also after a pause.",
         [](const std::string& one, Context& with) { Enable(one, true, with); });
  on_one("rm", "Remove a webhook.", Remove);
  webhooks->callback([webhooks, &context] {
    if (webhooks->get_subcommands().empty()) PrintList(context);
  });
}

}  // namespace orrery::cli
