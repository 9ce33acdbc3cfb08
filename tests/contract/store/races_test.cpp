// SPDX-License-Identifier: Apache-2.0
// A rescue against the completion it comes too late for, or just in time, in every order.
#include <algorithm>
#include <array>
#include <random>

#include "contract/store/fixture.h"

namespace orc::store {

class Races : public StoreContract {};

TEST_F(Races, ARescueAgainstACompletionHasOneWinnerTenThousandTimes) {
  constexpr int k_times = 10'000;
  constexpr int k_batch = 250;
  enum class Step { owner_finishes, other_adopts, other_finishes };
  const HostIdentity owner = recorded_host();
  const HostIdentity other = recorded_host();
  std::mt19937 random(1);
  int rescued = 0;
  for (int i = 0; i < k_times; ++i) {
    if (i % k_batch == 0) must(store().begin());
    const Task task = must(store().insert_task(described("R-" + std::to_string(i)), k_now));
    const Job job = must(store().queue_job({.task = task.id, .run_after = k_now}, k_now));
    must(store().claim_job(job.id, owner, 1, k_now, k_now));
    std::array steps{Step::owner_finishes, Step::other_adopts, Step::other_finishes};
    std::shuffle(steps.begin(), steps.end(), random);
    int ends = 0;
    bool adopted = false;
    for (const Step step : steps) {
      switch (step) {
        case Step::owner_finishes:
          if (must(store().finish_job({job.id, 1, owner.instance}, ended())) == Write::written) {
            ++ends;
            ASSERT_FALSE(adopted) << "a fenced owner ended the job";
          }
          break;
        case Step::other_adopts:
          adopted = must(store().adopt_job({job.id, 1, owner.instance}, other)) == Write::written;
          ASSERT_EQ(adopted, ends == 0);
          break;
        case Step::other_finishes:
          if (must(store().finish_job({job.id, 1, other.instance}, ended())) == Write::written) {
            ++ends;
            ASSERT_TRUE(adopted) << "somebody who never owned the job ended it";
            ++rescued;
          }
          break;
      }
    }
    ASSERT_LE(ends, 1);
    if (i % k_batch == k_batch - 1) must(store().commit());
  }
  EXPECT_GT(rescued, 0);
  EXPECT_LT(rescued, k_times);
}

}  // namespace orc::store
