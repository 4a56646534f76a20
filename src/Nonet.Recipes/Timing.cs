using System.Diagnostics;

namespace Nonet.Recipes;

/// <summary>Runs a stopwatch until it is disposed of.</summary>
public readonly struct Timing : IDisposable
{
    readonly Stopwatch clock;

    internal Timing(Stopwatch clock) => (this.clock = clock).Start();

    /// <inheritdoc/>
    public void Dispose() => clock.Stop();
}
