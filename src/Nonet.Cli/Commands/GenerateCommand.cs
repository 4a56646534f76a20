using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
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
    readonly Option<int?> maxTokens = Flags.Whole("--max-tokens", "Most new tokens.", 0, otherwise: 256);
    readonly Option<double?> temperature = Flags.Number("--temperature", "What logits are divided by; 0 takes the likeliest token always. By default as the model's generation_config.json says, else 0.8.", "a number of at least 0", x => x >= 0);
    readonly Option<int?> topK = Flags.Whole("--top-k", "Draw only among the K likeliest tokens.", 1);
    readonly Option<double?> topP = Flags.Number("--top-p", "Draw only among the likeliest tokens whose probabilities sum to P.", "a number above 0 and at most 1", x => x is > 0 and <= 1);
    readonly Option<double?> minP = Flags.Number("--min-p", "Draw only tokens at least P times as likely as the likeliest.", "a number from 0 to 1", x => x is >= 0 and <= 1);
    readonly Option<double?> repetition = Flags.Number("--repetition-penalty", "Above 1: tokens of the prompt and of the text so far become less likely.", "a number above 0", x => x > 0);
    readonly Option<string[]> stop = new("--stop") { Description = "End before this text; as often as needed.", HelpName = "TEXT" };
    readonly Option<ulong?> seed = Flags.Seed("The same seed gives the same text; another one each time by default.");

    public GenerateCommand(Terminal terminal) : base("generate", "Continue a text, token by token; an encoder-decoder answers it.")
    {
        this.terminal = terminal;
        Add(model);
        Add(adapter);
        Add(prompt);
        foreach (var option in new Option[] { maxTokens, temperature, topK, topP, minP, repetition, stop, seed })
            Add(option);
        SetAction(Run);
    }

    async Task<int> Run(ParseResult parsed, CancellationToken stopping)
    {
        if ((parsed.GetValue(stop) ?? []).Contains(""))
            throw new UsageException("--stop is empty: a text of at least one character is needed");
        using var open = new OpenModel(parsed.GetRequiredValue(model), parsed.GetValue<int?>(Flags.Threads), parsed.GetValue(adapter));
        var generator = new TextGenerator(open.Model, open.LoadTokenizer());
        var text = parsed.GetRequiredValue(prompt) is var given && given == "-" ? terminal.ReadAll() : given;
        var defaults = open.File.Defaults;
        var options = new GenerationOptions
        {
            StopTokens = defaults.EndTokens,
            MaxTokens = parsed.GetValue(maxTokens),
            StopTexts = parsed.GetValue(stop) ?? [],
            Sampler = new SamplerOptions
            {
                Temperature = parsed.GetValue(temperature) ?? defaults.Temperature ?? 0.8,
                TopK = parsed.GetValue(topK) ?? defaults.TopK,
                TopP = parsed.GetValue(topP) ?? defaults.TopP,
                MinP = parsed.GetValue(minP) ?? defaults.MinP,
                RepetitionPenalty = parsed.GetValue(repetition) ?? defaults.RepetitionPenalty,
                Seed = parsed.GetValue(seed) ?? (uint)Random.Shared.Next(),
            },
        };
        if (terminal.OutIsScreen && open.Model is ICausalModel) // an encoder-decoder answers, it does not continue
            terminal.Out.Write(Printable(text));
        var (tokens, ended, start) = (0, default(StopReason?), Stopwatch.GetTimestamp());
        var interrupted = false;
        try
        {
            await foreach (var piece in generator.Stream(text, options, stopping))
            {
                terminal.Out.Write(terminal.OutIsScreen ? Printable(piece.Text) : piece.Text);
                terminal.Out.Flush();
                (tokens, ended) = (tokens + 1, piece.Stop);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            interrupted = true;
        }
        terminal.Out.WriteLine();
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

    /// <summary>Terminals obey control characters, which a model over bytes may write.</summary>
    static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) && c is not ('\n' or '\t') ? '\uFFFD' : c));
}
