package org.radapter.data;

/**
 * Who made a set of drawings or texts, and under which terms it is used.
 *
 * @param name what the set is called
 * @param author who made it
 * @param license SPDX identifier
 * @param origin name and version of the package it comes from
 * @param homepage where its sources are, or an empty string
 */
public record Credit(String name, String author, String license, String origin, String homepage) {}
