using System.IO.Compression;
using Nonet.Formats.PyTorch;
using Nonet.Fuzz.Making;

namespace Nonet.Fuzz.Readers;

/// <summary>A zip archive with a pickle and storages: entries repeated, renamed, packed; opcodes repeated, exchanged, nested.</summary>
sealed class PyTorchArchive : Reader
{
    public override string Name => "PyTorch zip";

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        var pickle = PickleParts.OfTensors(legacy: false);
        var structure = !sound && !dice.OneIn(4);
        for (var times = structure ? 1 + dice.Below(3) : 0; times > 0; times--)
            pickle.Damage(dice);
        var archive = Archive(pickle.ToBytes(), structure && dice.OneIn(3) ? dice : null);
        Write(folder, "x.pt", sound || structure ? archive : ByteDamage.Of(archive, dice));
        return () => SoundModels.ReadAll(PyTorchFile.Open(Path.Combine(folder, "x.pt")));
    }

    static byte[] Archive(byte[] pickle, Dice? dice)
    {
        var storage = Enumerable.Range(0, 8).SelectMany(i => BitConverter.GetBytes((float)i)).ToArray();
        List<(string Name, byte[] Content)> entries = [("x/data.pkl", pickle), ("x/byteorder", "little"u8.ToArray()), ("x/data/0", storage)];
        var level = CompressionLevel.NoCompression;
        switch (dice?.Below(8))
        {
            case 0: entries.RemoveAt(dice.Below(3)); break;
            case 1: entries.Add(entries[dice.Below(3)]); break;
            case 2: entries[dice.Below(3)] = ("x" + dice.Text(), storage); break;
            case 3: entries[2] = (entries[2].Name, storage[..dice.Below(32)]); break;
            case 4: entries.AddRange(Enumerable.Repeat(("x/data/1", storage), 3000)); break;
            case 5: (level, entries[0]) = (CompressionLevel.Optimal, (entries[0].Name, [.. pickle, .. new byte[1 << 22]])); break; // small when packed
            case 6: entries[1] = (entries[1].Name, SoundModels.Utf8(dice.Text())); break;
            case 7: entries[0] = (dice.Of("y/data.pkl", "data.pkl", "x/x/data.pkl", "x/data.pkl/"), pickle); break;
        }
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in entries)
            {
                using var entry = zip.CreateEntry(name, level).Open();
                entry.Write(content);
            }
        }
        return stream.ToArray();
    }
}

/// <summary>The stream that torch.save wrote before it wrote archives.</summary>
sealed class PyTorchStream : Reader
{
    public override string Name => "PyTorch stream";

    public override int Share => 3;

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        var (state, keys) = (PickleParts.OfTensors(legacy: true), PickleParts.OfKeys());
        var structure = !sound && !dice.OneIn(4);
        for (var times = structure ? 1 + dice.Below(3) : 0; times > 0; times--)
            (dice.OneIn(4) ? keys : state).Damage(dice);
        var count = structure && dice.OneIn(4) ? dice.Number() : 8;
        byte[] file = [.. PickleParts.Preamble(), .. state.ToBytes(), .. keys.ToBytes(), .. BitConverter.GetBytes(count), .. new byte[32]];
        Write(folder, "x.bin", sound || structure ? file : ByteDamage.Of(file, dice));
        return () => SoundModels.ReadAll(PyTorchFile.Open(Path.Combine(folder, "x.bin")));
    }
}
