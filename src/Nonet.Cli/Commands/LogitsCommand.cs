using System.CommandLine;
using Nonet.Formats;
using Nonet.Inference;
using Nonet.Models;
using Nonet.Tensors;

namespace Nonet.Cli.Commands;

/// <summary>Writes what a model predicts after each of some tokens.</summary>
sealed class LogitsCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> model = Flags.MakeModel();
    readonly Option<int[]> ids = Flags.Ids("--ids", "Token ids, comma separated.");
    readonly Option<string> output = new("--out") { Description = "File to write: .npy, float32, (tokens, vocabulary).", HelpName = "FILE", Required = true };

    public LogitsCommand(Terminal terminal) : base("logits", "Write a model's logits for given tokens as a NumPy file.")
    {
        this.terminal = terminal;
        Add(model);
        Add(ids);
        Add(output);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed), stopping));
    }

    int Run(ParseResult parsed)
    {
        var (tokens, file) = (parsed.GetRequiredValue(ids), parsed.GetRequiredValue(output));
        using var open = new OpenModel(parsed.GetRequiredValue(model), parsed.GetValue<int?>(Flags.Threads));
        if (tokens.FirstOrDefault(id => id >= open.Model.Vocab, -1) is >= 0 and var unknown)
            throw new UsageException($"--ids holds {unknown}: the model's ids are 0 to {open.Model.Vocab - 1}");
        if (tokens.Length > open.Model.Context)
            throw new UsageException($"--ids holds {tokens.Length} tokens: the model's context is {open.Model.Context}");
        using var scope = new TensorScope();
        var logits = open.Model.Output(open.Model.Forward(Batch.Of(open.Device, tokens)));
        NpyWriter.Write(file, logits);
        terminal.Error.WriteLine($"{file}: float32 {logits.Shape}");
        return ExitCode.Done;
    }
}
