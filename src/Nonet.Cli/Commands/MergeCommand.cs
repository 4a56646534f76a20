using System.CommandLine;

namespace Nonet.Cli.Commands;

/// <summary>Merges an adapter into a model's weights, and writes the model.</summary>
sealed class MergeCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> model = Flags.MakeModel();
    readonly Argument<string> adapter = new("ADAPTER") { Description = "Folder with a LoRA adapter in PEFT's format, or a run that trained one." };
    readonly Argument<string> output = ConvertCommand.MakeOutput();
    readonly Option<string?> type = ConvertCommand.MakeType();
    readonly Option<bool> force = ConvertCommand.MakeForce();

    public MergeCommand(Terminal terminal) : base("merge", "Add a LoRA adapter to the weights of its model, and write the result as a model.")
    {
        this.terminal = terminal;
        Add(model);
        Add(adapter);
        Add(output);
        Add(type);
        Add(force);
        SetAction((parsed, stopping) => Task.Run(() =>
            ConvertCommand.Write(terminal, parsed, parsed.GetRequiredValue(model), parsed.GetRequiredValue(adapter), parsed.GetRequiredValue(output),
                parsed.GetValue(type), parsed.GetValue(force)), stopping));
    }
}
