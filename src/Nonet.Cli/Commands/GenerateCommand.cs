using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Nonet.Checkpoints;
using Nonet.Inference;
using Nonet.Models;

namespace Nonet.Cli.Commands;

/// <summary>Continues a text.</summary>
sealed class GenerateCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> model = Flags.MakeModel();
    readonly Option<string?> adapter = Flags.MakeAdapter();
    readonly Argument<string> prompt = new("PROMPT") { Description = "Text to continue; - reads it from standard input. Without one, a new text is begun.", DefaultValueFactory = _ => "" };
    readonly SamplingFlags sampling = new();

    public GenerateCommand(Terminal terminal) : base("generate", "Continue a text, token by token; an encoder-decoder answers it.")
    {
        this.terminal = terminal;
        Add(model);
        Add(adapter);
        Add(prompt);
        sampling.AddTo(this);
        SetAction(Run);
    }

    async Task<int> Run(ParseResult parsed, CancellationToken stopping)
    {
        using var device = Flags.Device(parsed);
        using var open = new OpenModel(parsed.GetRequiredValue(model), device, parsed.GetValue(adapter));
        var generator = new TextGenerator(open.Model, open.LoadTokenizer());
        var text = parsed.GetRequiredValue(prompt) is var given && given == "-" ? terminal.ReadAll() : given;
        var options = sampling.Read(parsed, open.File.Defaults);
        if (terminal.OutIsScreen && open.Model is ICausalModel) // an encoder-decoder answers, it does not continue
            terminal.Text.Write(text);
        var (tokens, ended, start) = (0, default(StopReason?), Stopwatch.GetTimestamp());
        var interrupted = false;
        try
        {
            await foreach (var piece in generator.Stream(text, options, stopping))
            {
                terminal.Text.Write(piece.Text);
                terminal.Text.Flush();
                (tokens, ended) = (tokens + 1, piece.Stop);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            interrupted = true;
        }
        terminal.Text.WriteLine();
        Tell(tokens, Stopwatch.GetElapsedTime(start), ended, options.Sampler);
        return interrupted ? ExitCode.Interrupted : ExitCode.Done;
    }

    void Tell(int tokens, TimeSpan time, StopReason? stop, SamplerOptions sampler)
    {
        var reason = stop switch
        {
            StopReason.EndOfText => ", ended by the model",
            StopReason.StopText => ", ended by a stop text",
            StopReason.ContextFull => ", ended because the model's context is full",
            _ => "",
        };
        var drawn = sampler.Temperature == 0 ? "" : $", seed {sampler.Seed}";
        terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{tokens} tokens, {tokens / Math.Max(1e-9, time.TotalSeconds):0.0} tokens/s with the prompt{reason}{drawn}"));
    }
}
