using System.Globalization;
using Nonet.Checkpoints.Gguf;

namespace Nonet.Cli;

/// <summary>Warns once about each tensor whose conversion changes it more than the merged adapter did.</summary>
sealed class LostChanges(Terminal terminal) : IProgress<WrittenTensor>
{
    public void Report(WrittenTensor value)
    {
        if (value.LosesChange)
        {
            terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"warning: {value.Name} as {value.Type} loses the adapter's change: rounding moves its values by {value.Rmse:0.0e+0}, the adapter by "
                    + $"{value.ChangeRms:0.0e+0}; take a type with more bits (--type q8_0 or f16), or keep the adapter apart"));
        }
    }
}
