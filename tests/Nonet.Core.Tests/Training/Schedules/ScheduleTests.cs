using Nonet.Training.Schedules;

namespace Nonet.Tests.Training.Schedules;

public class ScheduleTests
{
    // peak 8, warm-up 4: half-way up it is 4
    public static TheoryData<Schedule, (long At, double Rate)[]> Tables => new()
    {
        { new ConstantSchedule { Peak = 8, Warmup = 4 }, [(0, 0), (2, 4), (4, 8), (5, 8), (1000, 8)] },
        { new LinearSchedule { Peak = 8, Warmup = 4, End = 12 }, [(2, 4), (4, 8), (5, 8), (7, 6), (9, 4), (12, 1), (13, 0), (14, 0)] },
        { new LinearSchedule { Peak = 0.01, Warmup = 0, End = 1 }, [(1, 0.01)] },
        { new LinearSchedule { Peak = 0.01, Warmup = 0, End = 3 }, [(1, 0.01), (2, 0.02 / 3), (3, 0.01 / 3)] },
        { new LinearSchedule { Peak = 8, Warmup = 4, End = 4 }, [(2, 4), (4, 8)] },
        { new LinearSchedule { Peak = 8, Warmup = 0, End = 10, Floor = 0.5 }, [(0, 8), (5, 6), (10, 4), (99, 4)] },
        { new CosineSchedule { Peak = 8, Warmup = 4, End = 12, Floor = 0 },
            [(2, 4), (4, 8), (5, 8), (9, 4), (13, 0), (7, 4 + 4 * 0.70710678118654752), (11, 4 - 4 * 0.70710678118654752)] },
        { new CosineSchedule { Peak = 8, Warmup = 0, End = 1, Floor = 0 }, [(1, 8)] },
        { new InverseSquareRootSchedule { Peak = 8, Warmup = 4 }, [(2, 4), (4, 8), (16, 4), (64, 2)] },
        { new WarmupStableDecaySchedule { Peak = 8, Warmup = 4, End = 20, Decay = 8 },
            [(2, 4), (4, 8), (12, 8), (13, 8), (15, 6), (17, 4), (20, 1), (21, 0), (30, 0)] },
        { new WarmupStableDecaySchedule { Peak = 8, Warmup = 0, End = 20, Decay = 10, Floor = 0.25 }, [(10, 8), (15, 5), (20, 2)] },
    };

    /// <summary>transformers' get_linear_schedule_with_warmup and its relatives, by their formulas; update t is their step t - 1.</summary>
    public static TheoryData<Schedule, Func<int, double>> TheirsAfterTheWarmUp => new()
    {
        { new LinearSchedule { Peak = 1, Warmup = 3, End = 20 }, step => (20.0 - step) / (20 - 3) },
        { new CosineSchedule { Peak = 1, Warmup = 3, End = 20, Floor = 0 }, step => 0.5 * (1 + Math.Cos(Math.PI * (step - 3) / (20 - 3))) },
        { new WarmupStableDecaySchedule { Peak = 1, Warmup = 3, End = 20, Decay = 10 }, step => step < 10 ? 1 : 1 - (step - 10) / 10.0 },
    };

    [Theory, MemberData(nameof(TheirsAfterTheWarmUp))]
    public void A_fall_to_zero_has_the_rates_of_transformers_and_no_update_of_rate_zero(Schedule schedule, Func<int, double> theirs)
    {
        for (var update = 4; update <= 20; update++)
        {
            Assert.Equal(theirs(update - 1), schedule.At(update), 12);
            Assert.True(schedule.At(update) > 0);
        }
    }

    [Theory, MemberData(nameof(Tables))]
    public void Rates_are_those_computed_by_hand(Schedule schedule, (long At, double Rate)[] table) =>
        Assert.All(table, point => Assert.Equal(point.Rate, schedule.At(point.At), 12));

    [Fact] // equation 3 with d = 512 and 4,000 steps of warm-up: the peak is 512^-0.5 · 4000^-0.5
    public void Noam_is_the_papers()
    {
        var noam = InverseSquareRootSchedule.Noam(512, 4000);
        foreach (var t in new long[] { 1, 10, 3999, 4000, 4001, 100_000 })
            Assert.Equal(Math.Pow(512, -0.5) * Math.Min(Math.Pow(t, -0.5), t * Math.Pow(4000, -1.5)), noam.At(t), 15);
        Assert.Equal(6.98771242968684e-4, noam.At(4000), 15);
    }
}
