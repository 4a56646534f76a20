using System.CommandLine;
using Nonet.Checkpoints;
using Nonet.Formats;
using Nonet.Models;
using Nonet.Tensors;

namespace Nonet.Cli.Commands;

/// <summary>Writes a model's logits after each of the given tokens.</summary>
sealed class LogitsCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> model = Flags.MakeModel();
    readonly Option<string?> adapter = Flags.MakeAdapter();
    readonly Option<int[]> ids = Flags.Ids("--ids", "Token ids, separated by commas.");
    readonly Option<int[]> decoderIds =
        Flags.Ids("--decoder-ids", "For an encoder-decoder, the target so far; by default only its start token.", required: false);
    readonly Option<string> output =
        new("--out") { Description = "File for the logits: .npy, float32, (tokens, vocabulary).", HelpName = "FILE", Required = true };

    public LogitsCommand(Terminal terminal) : base("logits", "Write a model's logits for given tokens as a NumPy file.")
    {
        this.terminal = terminal;
        Add(model);
        Add(adapter);
        Add(ids);
        Add(decoderIds);
        Add(output);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed), stopping));
    }

    int Run(ParseResult parsed)
    {
        var (tokens, file) = (parsed.GetRequiredValue(ids), parsed.GetRequiredValue(output));
        using var device = Flags.Device(parsed);
        using var open = terminal.Open(parsed.GetRequiredValue(model), device, parsed.GetValue(adapter));
        Check("--ids", tokens, open.Model, open.Model is IEncoderDecoder reader ? reader.SourceVocab : open.Model.Vocab);
        var target = parsed.GetValue(decoderIds) is { Length: > 0 } given ? given : null;
        if (target is not null && open.Model is not IEncoderDecoder)
            throw new UsageException($"--decoder-ids: found a {open.Config.Family}; expected an encoder-decoder, such as t5 or marian");
        using var scope = new TensorScope();
        var logits = Compute(open, tokens, target);
        NpyWriter.Write(file, logits);
        terminal.Error.WriteLine($"{file}: float32 {logits.Shape}");
        return ExitCode.Done;
    }

    static Tensor Compute(LoadedModel open, int[] tokens, int[]? target)
    {
        var batch = Batch.Of(open.Device, tokens);
        switch (open.Model)
        {
            case IMaskedModel masked:
                return masked.Output(masked.Forward(batch));
            case IEncoderDecoder both:
                target ??= [both.StartToken];
                Check("--decoder-ids", target, both, both.Vocab);
                using (var memory = both.Encode(batch))
                    return both.Output(both.Decode(Batch.Of(open.Device, target), memory));
            default:
                return open.Decoder.Output(open.Decoder.Forward(batch));
        }
    }

    static void Check(string option, int[] tokens, ILanguageModel model, int vocab)
    {
        if (tokens.FirstOrDefault(id => id >= vocab, -1) is >= 0 and var unknown)
            throw new UsageException($"{option} has {unknown}; expected ids from 0 to {vocab - 1}");
        if (tokens.Length > model.Context)
            throw new UsageException($"{option} has {tokens.Length} tokens; expected at most {model.Context}, the model's context");
    }
}
