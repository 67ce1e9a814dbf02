// Callback: a move-only function object (std::move_only_function comes with C++23).
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace base {

template <class Signature>
class Callback;

template <class R, class... Args>
class Callback<R(Args...)> {
 public:
  Callback() = default;
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, Callback> && std::is_invocable_r_v<R, F&, Args...>) Callback(F f)
      : body_(std::make_unique<Body<F>>(std::move(f))) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return body_ != nullptr; }
  R operator()(Args... args) { return body_->call(std::forward<Args>(args)...); }

 private:
  struct Concept {
    virtual ~Concept() = default;
    virtual R call(Args... args) = 0;
  };
  template <class F>
  struct Body final : Concept {
    explicit Body(F f_in) : f(std::move(f_in)) {}
    R call(Args... args) override { return f(std::forward<Args>(args)...); }
    F f;
  };
  std::unique_ptr<Concept> body_;
};

}  // namespace base
