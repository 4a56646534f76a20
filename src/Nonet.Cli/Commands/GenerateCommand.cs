using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Nonet.Inference;
using Nonet.Models;

namespace Nonet.Cli.Commands;

/// <summary>Continues a text.</summary>
sealed class GenerateCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> model = Flags.MakeModel();
    readonly Option<string?> adapter = Flags.MakeAdapter();
    readonly Argument<string> prompt =
        new("PROMPT") { Description = "Text to continue; - reads it from standard input. Without it, the model begins a text.", DefaultValueFactory = _ => "" };
    readonly SamplingFlags sampling = new();
    readonly EngineFlags engineFlags = new();
    readonly Option<int?> samples = Flags.Whole("--num-samples", "Number of texts, with the seeds S, S + 1, and so on.", 1, otherwise: 1);
    readonly Option<bool> echo = new("--echo") { Description = "Print the prompt before the text, as on a screen." };
    readonly Option<bool> json = Flags.MakeJson();

    public GenerateCommand(Terminal terminal) : base("generate", "Continue a text, token by token; an encoder-decoder answers it.")
    {
        this.terminal = terminal;
        Add(model);
        Add(adapter);
        Add(prompt);
        sampling.AddTo(this);
        engineFlags.AddTo(this);
        foreach (var option in new Option[] { samples, echo, json })
            Add(option);
        SetAction(Run);
    }

    async Task<int> Run(ParseResult parsed, CancellationToken stopping)
    {
        using var device = Flags.Device(parsed);
        using var open = terminal.Open(parsed.GetRequiredValue(model), device, parsed.GetValue(adapter));
        var tokenizer = open.LoadTokenizer();
        using var draft = engineFlags.OpenDraft(parsed, terminal, open, tokenizer);
        using var engine = new DecodingEngine(open.Model, tokenizer, engineFlags.Read(parsed, draft),
            open.Model is ICausalModel ? open.File.StartToken(tokenizer) : null);
        var text = parsed.GetRequiredValue(prompt) is var given && given == "-" ? terminal.ReadAll() : given;
        var options = sampling.Read(parsed, open.File.Defaults, tokenizer);
        var (count, asJson, written) = (parsed.GetValue(samples)!.Value, parsed.GetValue(json), new List<Sample>());
        // an encoder-decoder answers, it does not continue
        var shown = parsed.GetValue(echo) || (terminal.OutIsScreen && open.Model is ICausalModel) ? text : "";
        if (open.Model is ICausalModel)
            sampling.WarnOfContext(terminal, parsed, tokenizer.Encode(text).Length, open.Model.Context);
        var interrupted = false;
        for (var i = 0; i < count && !interrupted; i++)
        {
            var sampler = options.Sampler with { Seed = options.Sampler.Seed + (ulong)i };
            if (count > 1 && !asJson)
                terminal.Text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(i > 0 ? "\n" : "")}=== {i + 1} of {count}, seed {sampler.Seed}"));
            if (!asJson)
                terminal.Text.Write(shown);
            var (tokens, ended, start, all) = (0, default(StopReason?), Stopwatch.GetTimestamp(), new StringBuilder());
            try
            {
                await foreach (var piece in engine.Generate(text, options with { Sampler = sampler }, stopping))
                {
                    all.Append(piece.Text);
                    if (!asJson)
                        terminal.Text.Write(piece.Text);
                    (tokens, ended) = (tokens + 1, piece.Stop);
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                interrupted = true;
            }
            written.Add(new Sample(all.ToString(), tokens, ended, sampler, Stopwatch.GetElapsedTime(start)));
            if (asJson)
                continue;
            terminal.Text.WriteLine();
            Tell(tokens, written[^1].Time, ended, sampler);
        }
        if (asJson)
            Write(text, written);
        return interrupted ? ExitCode.Interrupted : ExitCode.Done;
    }

    /// <summary>One text that was written.</summary>
    sealed record Sample(string Text, int Tokens, StopReason? Stop, SamplerOptions Sampler, TimeSpan Time);

    void Write(string text, List<Sample> written) => JsonLine.Write(terminal.Out, fields =>
    {
        fields.WriteString("prompt", text);
        fields.WriteStartArray("samples");
        foreach (var sample in written)
        {
            fields.WriteStartObject();
            fields.WriteString("text", sample.Text);
            fields.WriteNumber("tokens", sample.Tokens);
            fields.WriteString("stop", sample.Stop switch
            {
                StopReason.EndOfText => "end_of_text",
                StopReason.StopText => "stop_text",
                StopReason.Complete => "complete",
                StopReason.ContextFull => "context_full",
                StopReason.MaxTokens => "max_tokens",
                _ => sample.Tokens == 0 ? "max_tokens" : "interrupted",
            });
            if (sample.Sampler is { Temperature: > 0, Seed: { } seed })
                fields.WriteNumber("seed", seed);
            fields.WriteNumber("tokens_per_s", Math.Round(sample.Tokens / Math.Max(1e-9, sample.Time.TotalSeconds), 2));
            fields.WriteEndObject();
        }
        fields.WriteEndArray();
    });

    void Tell(int tokens, TimeSpan time, StopReason? stop, SamplerOptions sampler)
    {
        var reason = stop switch
        {
            StopReason.EndOfText => ", ended by the model",
            StopReason.StopText => ", ended by a stop text",
            StopReason.Complete => ", complete",
            StopReason.ContextFull => ", ended because the model's context is full",
            _ => "",
        };
        var drawn = sampler.Temperature == 0 ? "" : $", seed {sampler.Seed}";
        terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Counted.Of(tokens, "token")}, {tokens / Math.Max(1e-9, time.TotalSeconds):0.0} tokens/s with the prompt{reason}{drawn}"));
    }
}
