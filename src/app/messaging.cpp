#include "app/messaging.hpp"

namespace app {

Messaging::Messaging(const Parts& parts, const Settings& settings)
    : mail_(parts.loop, parts.cluster.bus(), parts.name,
            {[&control = parts.control](const messages::Letter& letter, messages::Mail::OnReached on_reached) {
               control.deliver(letter, std::move(on_reached));
             },
             [this](std::string_view question) { return kept_.reply(question); }}),
      kept_({parts.loop, parts.hub, parts.followers, parts.cluster.bus(), parts.cluster.messages(), parts.name,
             [this](std::string question) { return mail_.ask(std::move(question)); }},
            settings.messages),
      plain_(parts.hub, parts.followers, settings.messages.channels_max) {
  parts.control.set_messages({kept_, plain_, mail_});
  if (!settings.broadcasts) return;
  broadcasts_.emplace(parts.cluster.bus(), [&control = parts.control](api::Family family, const api::Broadcast& said) {
    control.say(family, said);
  });
}

Messaging::Facts Messaging::facts() const {
  Facts facts{{}, kept_.channels().size(), plain_.channels().size(), kept_.counts().undecodable, kept_.counts().losses};
  if (broadcasts_) facts.broadcasts = broadcasts_->counts();
  return facts;
}

}  // namespace app
