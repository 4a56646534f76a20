using System.Runtime.InteropServices;

namespace Nonet.Cli;

/// <summary>
/// Ctrl-C and SIGTERM: the first asks the work to stop where it can be resumed, the second ends the process at once. System.CommandLine's own handler
/// ends it after a fixed time, in the middle of a save.
/// </summary>
sealed class Interruption : IDisposable
{
    readonly CancellationTokenSource source = new();
    readonly PosixSignalRegistration[] signals;
    readonly TextWriter error;

    public Interruption(TextWriter error)
    {
        this.error = error;
        signals = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle)];
    }

    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        foreach (var signal in signals)
            signal.Dispose();
        source.Dispose();
    }

    void Handle(PosixSignalContext context)
    {
        if (source.IsCancellationRequested)
            return; // the default: the process ends
        context.Cancel = true;
        error.WriteLine("\nnonet: stopping; once more to end at once");
        source.Cancel();
    }
}
