#pragma once

// Asio as the server uses it. Only server.cc, session.cc and transfer.cc include this.

#include <chrono>
#include <memory>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "http/internal/worker_pool.h"

namespace orrery::http {

namespace asio = boost::asio;

using ErrorCode = boost::system::error_code;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;
using UseAwaitable = asio::use_awaitable_t<Executor>;
template <typename T>
using Task = asio::awaitable<T, Executor>;

/// Runs `work` on `pool` and resumes on the caller's io thread. False when the pool's queue is full; with
/// `always` it queues whatever the length. `work` must live until then and must not throw.
template <typename Work>
Task<bool> OnWorker(WorkerPool& pool, bool always, Work& work) {
  UseAwaitable token;
  co_return co_await asio::async_initiate<UseAwaitable, void(bool)>(
      [&pool, always, &work](auto handler) {
        auto executor = asio::get_associated_executor(handler);
        // Shared because std::function wants to copy: it is called once.
        auto resume = std::make_shared<decltype(handler)>(std::move(handler));
        auto answer = [executor](auto& waiting, bool ran) {
          asio::post(executor, [waiting = std::move(waiting), ran] {
            auto once = std::move(*waiting);
            once(ran);
          });
        };
        auto job = [&work, answer, resume]() mutable {
          work();
          answer(resume, true);
        };
        if (always) {
          pool.Continue(std::move(job));
        } else if (!pool.Submit(std::move(job))) {
          answer(resume, false);
        }
      },
      token);
}

}  // namespace orrery::http
