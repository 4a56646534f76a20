using System.Buffers.Binary;
using Nonet.Formats.Safetensors;
using Nonet.Fuzz.Making;

namespace Nonet.Fuzz.Readers;

/// <summary>A header of JSON, whose offsets, shapes and names are wrong, before the tensors.</summary>
sealed class Safetensors : Reader
{
    public override string Name => "safetensors";

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        var seed = SoundModels.Folders[dice.Below(SoundModels.Folders.Count)]["model.safetensors"];
        Write(folder, "model.safetensors", sound ? seed : Damaged(seed, dice));
        return () => SoundModels.ReadAll(SafetensorsFile.Open(Path.Combine(folder, "model.safetensors")));
    }

    public static byte[] Damaged(byte[] seed, Dice dice)
    {
        if (dice.OneIn(4))
            return ByteDamage.Of(seed, dice);
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(seed);
        var header = JsonPart.Parse(seed.AsMemory(8, length)).Damaged(dice);
        var size = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(size, dice.OneIn(8) ? dice.Number() : header.Length);
        return [.. size, .. header, .. seed.AsSpan(8 + length)];
    }
}
