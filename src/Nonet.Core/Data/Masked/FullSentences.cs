using Nonet.Tensors;

namespace Nonet.Data.Masked;

/// <summary>
/// RoBERTa's packing without pairs: as many consecutive complete sentences as fit, from one document or across documents with a separator
/// before each new document. A sentence longer than a sequence is split. The first sequence of a document (of the file, if sequences cross
/// documents) has a random target length, so that every pass splits the text differently. Liu et al. 2019, section 4.2.
/// </summary>
static class FullSentences
{
    /// <summary>[CLS] and [SEP].</summary>
    const int Marks = 2;

    public static List<MaskedInstance> Pack(SentenceFile file, bool cross, int length, RandomKey key)
    {
        key = key.At("packing of sentences");
        var packed = new List<MaskedInstance>();
        var most = length - Marks;
        if (cross)
            Pack(file, 0, file.Documents, most, new KeyedDraws(key, 0), packed);
        else
        {
            for (var document = 0L; document < file.Documents; document++)
                Pack(file, document, document + 1, most, new KeyedDraws(key, (ulong)document << 32), packed);
        }
        return packed;
    }

    static void Pack(SentenceFile file, long document, long end, int most, KeyedDraws draws, List<MaskedInstance> packed)
    {
        var (sentence, last) = (file.StartOfDocument(document), file.StartOfDocument(end));
        var token = file.StartOfSentence(sentence);
        var stop = file.StartOfSentence(last);
        var room = Math.Max(most / 4, draws.Between(1, most));
        for (var first = true; token < stop; first = false)
        {
            var (start, breaks, sentences, next) = (token, 0, 0, document + 1);
            if (!first)
                room = most;
            while (sentence < last)
            {
                var begins = next < end && sentence == file.StartOfDocument(next);
                var separator = begins && token > start ? 1 : 0;
                if (file.StartOfSentence(sentence + 1) - start + breaks + separator > room)
                    break;
                if (begins)
                    next++;
                breaks += separator;
                token = file.StartOfSentence(++sentence);
                sentences++;
            }
            if (token == start) // no whole sentence fits: take a part of it
            {
                token = start + Math.Min(room, file.StartOfSentence(sentence + 1) - start);
                sentences = 1;
                if (next < end && sentence == file.StartOfDocument(next))
                    next++;
                if (token == file.StartOfSentence(sentence + 1))
                    sentence++;
            }
            document = next - 1;
            packed.Add(new MaskedInstance(start, (int)(token - start), 0, 0, false, room < most, breaks, sentences, 0));
        }
    }
}
