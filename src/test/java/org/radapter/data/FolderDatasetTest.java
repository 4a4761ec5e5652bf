package org.radapter.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderDatasetTest {
    @TempDir
    Path folder;

    @Test
    void readsSeveralCaptionsQuotesAndLabels() throws IOException {
        image("a.png", 0x80FF0000);
        image("b.png", 0xFF00FF00);
        FolderDataset set = captions("\uFEFFfile,caption,label\r\na.png,\"red, \"\"half\"\" clear\",red\n\n"
                + "b.png,\"two\nlines\",green\na.png,ein rötliches Bild,red");

        assertThat(set.size()).isEqualTo(2);
        assertThat(set.captions(0)).containsExactly("red, \"half\" clear", "ein rötliches Bild");
        assertThat(set.captions(1)).containsExactly("two\nlines");
        assertThat(set.classNames()).containsExactly("red", "green");
        assertThat(set.label(1)).isEqualTo(1);
        assertThat(set.image(0).rgba()).startsWith((byte) 255, (byte) 0, (byte) 0, (byte) 128);
        assertThat(set.image(0).over(Pixels.WHITE)).startsWith((byte) 255, (byte) 127, (byte) 127);
    }

    @Test
    void hasNoClassesWithoutLabels() throws IOException {
        image("a.png", -1);
        captions("file,caption\na.png,white\n");
        FolderDataset set = FolderDataset.open(folder);
        assertThat(set.classNames()).isEmpty();
        assertThat(set.label(0)).isEqualTo(-1);
    }

    @Test
    void namesTheLineThatIsNotUtf8() throws IOException {
        image("a.png", -1);
        Path csv = folder.resolve("captions.csv");
        Files.write(csv, "file,caption\na.png,white\na.png,Bläue\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> FolderDataset.withCaptions(folder, csv))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("line 3")
                .hasMessageContaining("UTF-8");
    }

    @Test
    void namesMissingImages() {
        assertThatThrownBy(() -> captions("file,caption\nlost.png,nothing\n"))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("lost.png");
    }

    @Test
    void saysWhichLineIsWrong() throws IOException {
        image("a.png", -1);
        assertThatThrownBy(() -> captions("name,text\na.png,x\n")).hasMessageContaining("file,caption");
        assertThatThrownBy(() -> captions("file,caption\n")).hasMessageContaining("no captions");
        assertThatThrownBy(() -> captions("file,caption\n\"a.png\",\"x\ny\"\na.png,one,two\n"))
                .hasMessageContaining("line 4")
                .hasMessageContaining("double quotes");
        assertThatThrownBy(() -> captions("file,caption\na.png, \n")).hasMessageContaining("line 2");
        assertThatThrownBy(() -> captions("file,caption\na.png,\"open\n")).hasMessageContaining("never closed");
        assertThatThrownBy(() -> captions("file,caption\na.png,\"x\"y\n")).hasMessageContaining("closing quote");
        assertThatThrownBy(() -> captions("file,caption,label\na.png,x,one\na.png,y,two\n"))
                .hasMessageContaining("line 3")
                .hasMessageContaining("one label");
    }

    @Test
    void readsAFolderForEachClass() throws IOException {
        image("big_dog/1.png", -1);
        image("ant/2.PNG", -1);
        image("ant/1.png", -1);
        Files.writeString(folder.resolve("ant/notes.txt"), "no image");
        FolderDataset set = FolderDataset.open(folder);
        assertThat(set.classNames()).containsExactly("ant", "big dog");
        assertThat(set.size()).isEqualTo(3);
        assertThat(set.source(0)).endsWith("1.png");
        assertThat(set.label(2)).isEqualTo(1);
        assertThat(set.captions(2)).containsExactly("big dog");
    }

    @Test
    void refusesAClassWithoutImage() throws IOException {
        image("dog/1.png", -1);
        Files.createDirectory(folder.resolve("empty_one"));
        assertThatThrownBy(() -> FolderDataset.ofClasses(folder))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("\"empty one\" has no image");
    }

    @Test
    void namesAnImageThatIsNone() throws IOException {
        Files.createDirectory(folder.resolve("dog"));
        Files.writeString(folder.resolve("dog/1.png"), "this is text");
        FolderDataset set = FolderDataset.ofClasses(folder);
        assertThatThrownBy(() -> set.image(0)).isInstanceOf(DataException.class).hasMessageContaining("1.png");
    }

    private FolderDataset captions(String csv) throws IOException {
        return FolderDataset.withCaptions(folder, Files.writeString(folder.resolve("captions.csv"), csv));
    }

    private void image(String name, int argb) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        BufferedImage image = new BufferedImage(2, 2, BufferedImage.TYPE_INT_ARGB);
        image.setRGB(0, 0, argb);
        assertThat(ImageIO.write(image, "png", file.toFile())).isTrue();
    }
}
