using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Nonet.Tests;

/// <summary>Waits for another thread, process or server. A busy machine may stand still for a minute, so the limit catches only what never ends.</summary>
static class Eventually
{
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <summary>Waits until a condition holds; fails at the limit.</summary>
    /// <param name="condition">Looked at every 10 ms.</param>
    /// <param name="what">Named in the message.</param>
    public static Task Holds(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        Holds(() => Task.FromResult(condition()), what: what);

    /// <summary>Waits until a condition holds; fails at the limit.</summary>
    /// <param name="condition">Looked at every 10 ms.</param>
    /// <param name="found">At the limit, describes what there is instead.</param>
    /// <param name="what">Named in the message.</param>
    public static async Task Holds(Func<Task<bool>> condition, Func<Task<string>>? found = null,
        [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        for (var start = Stopwatch.GetTimestamp(); !await condition(); await Task.Delay(10, TestContext.Current.CancellationToken))
        {
            if (Stopwatch.GetElapsedTime(start) > Limit)
                Assert.Fail($"not within {Limit.TotalMinutes} minutes: {what}{(found is null ? "" : $"; found {await found()}")}");
        }
    }
}
