using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Nonet.Cli.Tools;
using Nonet.Files;
using Nonet.Inference;
using Nonet.Models;
using Nonet.ToolUse;
using Nonet.ToolUse.Calls;
using Nonet.ToolUse.Decoding;

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
    readonly ToolFlags toolFlags = new();
    readonly CallFlags callFlags = new();
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
        toolFlags.AddTo(this);
        callFlags.AddTo(this);
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
        // an encoder-decoder does not continue its input
        var shown = parsed.GetValue(echo) || (terminal.OutIsScreen && open.Model is ICausalModel) ? text : "";
        if (open.Model is ICausalModel)
            sampling.WarnOfContext(terminal, parsed, tokenizer.Encode(text).Length, open.Model.Context);
        if (callFlags.AreGiven(parsed) && !toolFlags.AreGiven(parsed))
            throw new UsageException("--max-calls and --call-top-k need tools: expected --tools or --mcp beside them");
        if (toolFlags.AreGiven(parsed) && open.Model is not ICausalModel)
            throw new UsageException($"--tools: {open.FolderPath} is a {open.Config.Family}, which answers and does not continue a text; calls need a decoder");
        await using var tools = await toolFlags.Open(parsed, device, stopping);
        var runner = new ToolRunner(tools.Tools, toolFlags.Limits(parsed));
        var decoder = toolFlags.AreGiven(parsed) ? new ToolDecoder(engine, tokenizer, runner) : null;
        var interrupted = false;
        for (var i = 0; i < count && !interrupted; i++)
        {
            var sampler = options.Sampler with { Seed = options.Sampler.Seed + (ulong)i };
            if (count > 1 && !asJson)
                terminal.Text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(i > 0 ? "\n" : "")}=== {i + 1} of {count}, seed {sampler.Seed}"));
            if (!asJson)
                terminal.Text.Write(shown);
            var (tokens, ended, start, all, calls) = (0, default(StopReason?), Stopwatch.GetTimestamp(), new StringBuilder(), new List<EndedCall>());
            try
            {
                if (decoder is null)
                {
                    await foreach (var token in engine.Generate(text, options with { Sampler = sampler }, stopping))
                        Take(token.Text, token.Stop, isToken: true);
                }
                else
                {
                    await foreach (var piece in decoder.StreamAsync(text, callFlags.Read(parsed, options with { Sampler = sampler }), stopping))
                    {
                        Take(piece.Text, piece.Stop, piece.Token is not null);
                        if (piece is { Call: { } call, Result: { } result })
                            calls.Add(new EndedCall(call, result, null));
                        if (piece.Unclosed is { } unclosed)
                            calls.Add(new EndedCall(null, null, unclosed));
                    }
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                interrupted = true;
            }
            written.Add(new Sample(all.ToString(), tokens, ended, sampler, Stopwatch.GetElapsedTime(start), calls));
            if (asJson)
                continue;
            terminal.Text.WriteLine();
            foreach (var call in calls)
                terminal.Error.WriteLine(Printable.Line(call.ToString()));
            Tell(tokens, written[^1].Time, ended, sampler);

            void Take(string piece, StopReason? stop, bool isToken)
            {
                all.Append(piece);
                if (!asJson)
                    terminal.Text.Write(piece);
                (tokens, ended) = (tokens + (isToken ? 1 : 0), stop);
            }
        }
        if (decoder is not null && !asJson)
            Tell(decoder.Attempts);
        if (asJson)
            Write(text, written, decoder is null ? null : runner, decoder?.Attempts);
        return interrupted ? ExitCode.Interrupted : ExitCode.Done;
    }

    /// <summary>One generated text.</summary>
    sealed record Sample(string Text, int Tokens, StopReason? Stop, SamplerOptions Sampler, TimeSpan Time, IReadOnlyList<EndedCall> Calls);

    /// <summary>A call and its result, or an incomplete call.</summary>
    sealed record EndedCall(ToolCall? Call, ToolResult? Result, UnclosedCall? Unclosed)
    {
        public override string ToString() => Unclosed is { } cut ? $"{cut.Text.Trim()}: taken back, {cut.Reason}"
            : Result is { Outcome: ToolOutcome.Answered } answered ? $"{Call}: {answered.Text}" : $"{Call}: taken back, {Said(Result!.Value)}";

        static string Said(ToolResult result) => (result.Outcome, result.Error) switch
        {
            (ToolOutcome.Nothing, null) => "the tool has no result for it",
            (ToolOutcome.TimedOut, null) => "the tool did not answer in time",
            (ToolOutcome.Refused, { } why) => $"refused: {why}",
            (_, var error) => $"the tool failed: {error ?? "it does not say why"}",
        };
    }

    void Tell(AttemptCounts attempts)
    {
        if (attempts.Begun > 0)
            terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"a call was tried at {Counted.Of(attempts.Begun, "place")}: {attempts.Calls:N0} run, {attempts.Abandoned:N0} began none, "
                    + $"{attempts.Unclosed:N0} never closed"));
    }

    void Write(string text, List<Sample> written, ToolRunner? tools, AttemptCounts? attempts) => JsonLine.Write(terminal.Out, fields =>
    {
        fields.WriteString("prompt", text);
        fields.WriteStartArray("samples");
        foreach (var sample in written)
        {
            fields.WriteStartObject();
            fields.WriteString("text", sample.Text);
            if (tools is not null)
            {
                fields.WriteString("text_without_calls", new CallReader(tools.Marks).Remove(sample.Text));
                fields.WriteStartArray("calls");
                foreach (var (call, result, unclosed) in sample.Calls)
                {
                    if (unclosed is not null)
                        CallJson.Write(fields, unclosed);
                    else
                        CallJson.Write(fields, call!, result!.Value);
                }
                fields.WriteEndArray();
            }
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
        if (tools is not null)
            CallJson.Write(fields, tools, attempts!.Value);
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
