using System.Runtime.InteropServices;

namespace Nonet.Cli;

/// <summary>A verb that saves its work when it is asked to stop. The process waits until it has.</summary>
interface ISavesOnStop;

/// <summary>A verb that Ctrl-C may interrupt without ending it.</summary>
interface IInterruptible
{
    /// <summary>Stops the verb's current work. False if the program should end instead.</summary>
    bool Interrupt();
}

/// <summary>
/// Handles Ctrl-C, SIGTERM and SIGHUP (the terminal was closed). A verb with something to save is asked to stop, and a second signal ends the process at once.
/// Any other verb has a moment to finish its output line. It replaces System.CommandLine's handler, which could end the process in the middle of a save.
/// </summary>
sealed class Interruption : IDisposable
{
    static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(250);

    readonly CancellationTokenSource source = new();
    readonly PosixSignalRegistration[] signals = [];
    readonly TextWriter? error;

    Interruption(TextWriter error)
    {
        this.error = error;
        signals = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, Handle))];
    }

    /// <summary>For tests: cancelling the token interrupts.</summary>
    public Interruption(CancellationToken token) => source = CancellationTokenSource.CreateLinkedTokenSource(token);

    public static Interruption BySignals(Terminal terminal) => new(terminal.Error);

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>Whether the current verb has something to save.</summary>
    public bool Saves { get; set; }

    /// <summary>The current verb, if it handles Ctrl-C itself; otherwise null.</summary>
    public IInterruptible? Interruptible { get; set; }

    public void Dispose()
    {
        foreach (var signal in signals)
            signal.Dispose();
        source.Dispose();
    }

    void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (context.Signal == PosixSignal.SIGINT && Interruptible?.Interrupt() == true)
            return;
        if (source.IsCancellationRequested)
            Environment.Exit(ExitCode.Interrupted);
        if (Saves)
            error!.WriteLine("nonet: saving a checkpoint, then stopping; press Ctrl-C again to stop at once without saving");
        source.Cancel();
        if (Saves)
            return;
        Thread.Sleep(Moment);
        Environment.Exit(ExitCode.Interrupted);
    }
}
