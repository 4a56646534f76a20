using Nonet.Training.Schedules;

namespace Nonet.Tests.Training.Schedules;

public class CosineScheduleTests
{
    /// <summary>GPT-3's 125 M model: 6e-4, warm-up over 375 M tokens, cosine to 10 % at 260 B tokens, flat to 300 B.</summary>
    static readonly CosineSchedule Gpt3 = new() { Peak = 6e-4, Warmup = 375_000_000, End = 260_000_000_000 };

    [Theory]
    [InlineData(0, 0)]
    [InlineData(375_000_000, 6e-4)]
    [InlineData(260_000_000_000, 6e-5)]
    [InlineData(300_000_000_000, 6e-5)]
    public void Points_of_the_paper_are_exact(long tokens, double rate) => Assert.Equal(rate, Gpt3.At(tokens), 1e-19);

    [Theory]
    [InlineData(187_500_000, 3e-4)] // half of the warm-up
    [InlineData((375_000_000 + 260_000_000_000) / 2, 3.3e-4)] // half of the cosine: midway between 6e-4 and 6e-5
    [InlineData(375_000_000 + (260_000_000_000 - 375_000_000) / 3, 6e-5 + 5.4e-4 * 0.75)] // cos 60° = 1/2
    public void Points_between_are_on_the_curve(long tokens, double rate) => Assert.Equal(rate, Gpt3.At(tokens), 1e-12);

    [Fact]
    public void Rises_then_falls_without_a_jump()
    {
        var schedule = new CosineSchedule { Peak = 1, Warmup = 10, End = 110, Floor = 0.2 };
        for (var step = 0; step < 120; step++)
        {
            var change = schedule.At(step + 1) - schedule.At(step);
            Assert.InRange(Math.Abs(change), 0, 0.1 + 1e-12);
            Assert.True(step < 10 ? change > 0 : step < 110 ? change < 0 : change == 0);
        }
    }

    [Fact]
    public void Without_warm_up_it_starts_at_the_peak() => Assert.Equal(2, new CosineSchedule { Peak = 2, Warmup = 0, End = 5 }.At(0));
}
